// SPDX-License-Identifier: MIT
// Sums of products of int16 on any core: in plain C here, in assembly in a header of its own for a kind of core that
// needs it. The suite holds each to plain sums on the core it is for (boards/bench).
#include "dlm_dot.h"

#include "dlm_fixed.h"

#if defined(__ARM_FEATURE_DSP)
#include "dlm_dot_dsp.h"
#elif defined(__ARM_ARCH_6M__)
#include "dlm_dot_armv6m.h"
#else

static void dot2(const int16_t *a, const int16_t *b, const int16_t *c, uint32_t n, int32_t sums[2]) {
    uint32_t s0 = 0, s1 = 0;
    for (uint32_t k = 0; k < n; k++) {
        s0 += (uint32_t)(a[k] * b[k]);
        s1 += (uint32_t)(a[k] * c[k]);
    }
    sums[0] = (int32_t)s0;
    sums[1] = (int32_t)s1;
}

void dlm_dot4(const int16_t *a, const int16_t *b, uint32_t stride, uint32_t n, int32_t sums[4]) {
    dot2(a, b, b + stride, n, sums);
    dot2(a, b + 2 * stride, b + 3 * stride, n, sums + 2);
}

void dlm_dot4_mixed(const int16_t *a, const int32_t *b, uint32_t n, int32_t sums[4]) {
    for (uint32_t r = 0; r < 4; r++, b++) {
        uint32_t sum = 0;
        for (uint32_t k = 0; k < n; k++) {
            sum += (uint32_t)dlm_floor_shift((int64_t)a[k] * b[4 * k], 16);
        }
        sums[r] = (int32_t)sum;
    }
}

void dlm_dot2_wide(const int16_t *a, const int16_t *b, const int16_t *c, uint32_t n, int64_t sums[2]) {
    int64_t s0 = 0, s1 = 0;
    for (uint32_t k = 0; k < n; k++) {
        s0 += a[k] * b[k];
        s1 += a[k] * c[k];
    }
    sums[0] = s0;
    sums[1] = s1;
}

static void distance4(const int16_t *a, const int16_t *b, uint32_t stride, uint32_t n, uint32_t distance2_q16[4]) {
    const int16_t *c = b + stride, *d = c + stride, *e = d + stride;
    uint32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (; n; n--) {
        const int32_t x = *a++, step0 = x - *b++, step1 = x - *c++, step2 = x - *d++, step3 = x - *e++;
        s0 += (uint32_t)(step0 * step0);
        s1 += (uint32_t)(step1 * step1);
        s2 += (uint32_t)(step2 * step2);
        s3 += (uint32_t)(step3 * step3);
    }
    distance2_q16[0] = s0;
    distance2_q16[1] = s1;
    distance2_q16[2] = s2;
    distance2_q16[3] = s3;
}

#endif

#if !defined(__ARM_FEATURE_DSP)

// Their time is that of what they call, and code is short there.
#if defined(__ARM_ARCH_6M__)
#define SHORT __attribute__((optimize("Os")))
#else
#define SHORT
#endif

SHORT void dlm_norms(const int16_t *rows, uint32_t m, uint32_t n, uint32_t stride, uint32_t *norm_q16) {
    for (; m; m--, rows += stride) {
        uint32_t sum = 0;
        for (uint32_t k = 0; k < n; k++) {
            sum += (uint32_t)(rows[k] * rows[k]);
        }
        *norm_q16++ = sum;
    }
}

void dlm_distances(const int16_t *a, const int16_t *rows, uint32_t n, uint32_t stride, uint32_t *distance2_q16,
                   uint32_t m) {
    for (uint32_t j = 0; j < m; j += 4, rows += 4 * stride) {
        distance4(a, rows, stride, n, distance2_q16 + j);
    }
}

SHORT void dlm_distance_row(const int16_t *scaled_q8, const uint32_t *norm_q16, uint32_t i, uint32_t n, uint32_t stride,
                            uint32_t *distance2_q16, uint32_t m) {
    const int16_t *own = scaled_q8 + i * stride;
    for (uint32_t j = 0; j < m; j += 4, scaled_q8 += 4 * stride) {
        dlm_dot4(own, scaled_q8, stride, n, (int32_t *)(distance2_q16 + j));
    }
    for (uint32_t j = 0; j < m; j++) {
        distance2_q16[j] = norm_q16[i] + norm_q16[j] - 2 * distance2_q16[j];
    }
}

#endif

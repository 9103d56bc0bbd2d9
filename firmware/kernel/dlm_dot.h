// SPDX-License-Identifier: MIT
// Sums of products of int16, where the kernel spends its time: exact, so that each kind of core may take them in its
// own way. Their twin is NumPy's matrix product on int64.
#ifndef DLM_DOT_H
#define DLM_DOT_H

#include <stdint.h>

// Squared norms [m] of m rows of n int16 each, m >= 1, which begin stride int16 from each other. They must fit uint32.
void dlm_norms(const int16_t *rows, uint32_t m, uint32_t n, uint32_t stride, uint32_t *norm_q16);

// Squared distances [m] of a to m rows of n int16 each, all differences within 14 bits; all rows aligned to 4 bytes.
// They must fit uint32. There is room for m + 3, and what lies behind the rows is read and of no use.
void dlm_distances(const int16_t *a, const int16_t *rows, uint32_t n, uint32_t stride, uint32_t *distance2_q16,
                   uint32_t m);

// Squared distances Q16 [m] of row i of n coordinates to the first m rows, from the squared norms of all: |a|^2 +
// |b|^2 - 2 a.b, in integers to the bit. Rows aligned to 4 bytes; there is room for m + 3, and what lies behind the
// rows is read and of no use.
void dlm_distance_row(const int16_t *scaled_q8, const uint32_t *norm_q16, uint32_t i, uint32_t n, uint32_t stride,
                      uint32_t *distance2_q16, uint32_t m);

// Sums of products of n int16 each of a and of the four rows that begin at b, b + stride, b + 2 stride, b + 3 stride;
// all rows aligned to 4 bytes. Each sum must fit int32, what is added on the way need not.
void dlm_dot4(const int16_t *a, const int16_t *b, uint32_t stride, uint32_t n, int32_t sums[4]);

// Sums of floor(a b / 2^16) over n products of a and of each column of b [n][4]; a aligned to 4 bytes. Each sum must
// fit int32, what is added on the way need not.
void dlm_dot4_mixed(const int16_t *a, const int32_t *b, uint32_t n, int32_t sums[4]);

// Sums of products a . b and a . c of n int16 each, n <= 2^16; each product within +-2^30.
void dlm_dot2_wide(const int16_t *a, const int16_t *b, const int16_t *c, uint32_t n, int64_t sums[2]);

#if defined(__ARM_FEATURE_DSP)

// For assembly: of rows r1 r4 r5 r6, sums r7..r10; of each row, four products of a, whose pairs are r11 and r12.
#define DLM_FOUR(step) step("r1", "r7") step("r4", "r8") step("r5", "r9") step("r6", "r10")
#define DLM_DOT_PAIRS(row, sum)                                                                                        \
    "ldrd r3, lr, [" row "], #8\n smlad " sum ", r11, r3, " sum "\n smlad " sum ", r12, lr, " sum "\n"

// For assembly: dlm_dot4_mixed of a r0, b r1, n r2, with sums r4..r7. It leaves r1 behind b's rows, and r0, r2, r3,
// r8..r12 changed.
void dlm_sums_mixed(void);

#endif

#endif

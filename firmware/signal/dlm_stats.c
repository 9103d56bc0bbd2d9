// SPDX-License-Identifier: MIT
// Statistics of windows. Twin of host/deeplomath/signal/stats.py. SIGNAL.md, Statistics.
#include "dlm_operations.h"

enum { STILL = DLM_FEATURE_STILL_BITS, KURTOSIS_BITS = 11 };

// What one look at a window finds.
typedef struct {
    int32_t total, low, high;  // |total| <= 2^30
    uint32_t steps;            // below 2^31
    uint64_t squares;          // at most 2^45
} sums_t;

// What a look finds whose samples are less the mean.
typedef struct {
    uint32_t crossings, distance;  // distance below 2^31
    uint64_t second, fourth;       // powers: at most 2^37 and 2^59
} centred_t;

int32_t dlm_logs(uint64_t value) {
    return dlm_log2_q11(value | !value);
}

// Twice the total is moved above 0; below 2^32.
static int32_t mean(int32_t total, uint32_t n) {
    return (int32_t)((2 * (uint32_t)(total + (int32_t)(32768 * n)) + n) / (2 * n)) - 32768;
}

int32_t dlm_mean(const int16_t *x, uint32_t n) {
    int32_t total = 0;
    for (uint32_t i = 0; i < n; i++) {
        total += x[i];
    }
    return mean(total, n);
}

static sums_t sums(const int16_t *x, uint32_t n) {
    sums_t s = {.low = *x, .high = *x};
    int32_t last = *x;
    for (; n; n--) {
        const int32_t value = *x++, step = value - last;
        s.total += value;
        s.squares += (uint32_t)(value * value);
        s.steps += (uint32_t)(step < 0 ? -step : step);
        s.low = value < s.low ? value : s.low;
        s.high = value > s.high ? value : s.high;
        last = value;
    }
    return s;
}

static centred_t centred(const int16_t *x, uint32_t n, const sums_t *s) {
    centred_t found = {0};
    const int32_t middle = mean(s->total, n), above = s->high - middle, below = middle - s->low;
    const unsigned bits = dlm_bit_length((uint32_t)(above > below ? above : below));
    const unsigned shift = bits > KURTOSIS_BITS ? bits - KURTOSIS_BITS : 0;
    const int32_t half = (int32_t)(1u << shift >> 1);
    bool was = *x >= middle;
    for (; n; n--) {
        const int32_t c = *x++ - middle, e = dlm_floor_shift32(c + half, shift);
        const uint32_t square = (uint32_t)(e * e);
        found.distance += (uint32_t)(c < 0 ? -c : c);
        found.second += square;
        found.fourth += (uint64_t)square * square;
        found.crossings += was != (c >= 0);
        was = c >= 0;
    }
    return found;
}

static int32_t deviation(const sums_t *s, uint32_t n) {
    const uint64_t scatter = dlm_divide(n * s->squares - (uint64_t)((int64_t)s->total * s->total), n);  // below 2^45
    return dlm_floor_shift32(dlm_logs(dlm_divide(scatter << (2 * STILL), n)) - 2 * STILL * OCTAVE, 1);
}

static int32_t kurtosis(const centred_t *c, uint32_t n) {
    return c->second ? dlm_logs(c->fourth) + dlm_log2_q11(n) - 2 * dlm_logs(c->second) : 0;
}

void dlm_stats(const int16_t *x, uint32_t n, unsigned flags, int16_t *values, uint32_t stride) {
    const sums_t s = sums(x, n);
    const unsigned of_centred =
        1 << DLM_STATISTIC_CROSSINGS | 1 << DLM_STATISTIC_KURTOSIS | 1 << DLM_STATISTIC_ABSOLUTE;
    const centred_t c = flags & of_centred ? centred(x, n, &s) : (centred_t){0};
    for (unsigned i = 0; flags >> i; i++) {
        if (!(flags >> i & 1)) {
            continue;
        }
        int32_t value;
        switch (i) {
        case DLM_STATISTIC_MEAN:
            value = mean(s.total, n);
            break;
        case DLM_STATISTIC_DEVIATION:
            value = deviation(&s, n);
            break;
        case DLM_STATISTIC_STEP:
            value = dlm_logs(dlm_divide((uint64_t)s.steps << STILL, n - 1)) - STILL * OCTAVE;
            break;
        case DLM_STATISTIC_RANGE:
            value = dlm_logs((uint32_t)(s.high - s.low) + 1);
            break;
        case DLM_STATISTIC_CROSSINGS:
            value = (int32_t)((c.crossings << 15) / n);
            break;
        case DLM_STATISTIC_KURTOSIS:
            value = kurtosis(&c, n);
            break;
        default:
            value = dlm_logs(dlm_divide((uint64_t)c.distance << STILL, n)) - STILL * OCTAVE;
        }
        *values = dlm_int16(value);
        values += stride;
    }
}

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

int32_t dlm_sum(const int16_t *x, uint32_t n) {
    int32_t sum = 0;
    do {
        sum += *x++;
    } while (--n);
    return sum;
}

// Twice the sum is moved above 0; below 2^32.
int32_t dlm_mean(int32_t sum, uint32_t n) {
    return (int32_t)((2 * (uint32_t)(sum + (int32_t)(32768 * n)) + n) / (2 * n)) - 32768;
}

// Not inlined: the loop has all registers to itself.
static __attribute__((noinline)) void look(const int16_t *x, uint32_t n, sums_t *found) {
    int32_t total = 0, low = *x, high = *x, last = *x;
    uint32_t steps = 0;
    uint64_t squares = 0;
    do {
        const int32_t value = *x++, step = value - last;
        total += value;
        squares += (uint32_t)(value * value);
        steps += (uint32_t)(step < 0 ? -step : step);
        low = value < low ? value : low;
        high = value > high ? value : high;
        last = value;
    } while (--n);
    *found = (sums_t){total, low, high, steps, squares};
}

static centred_t centred(const int16_t *x, uint32_t n, const sums_t *s) {
    centred_t found = {0};
    const int32_t middle = dlm_mean(s->total, n), above = s->high - middle, below = middle - s->low;
    const unsigned bits = dlm_bit_length((uint32_t)(above > below ? above : below));
    const unsigned shift = bits > KURTOSIS_BITS ? bits - KURTOSIS_BITS : 0;
    const int32_t half = (int32_t)(1u << shift >> 1);
    bool was = *x >= middle;
    do {
        const int32_t c = *x++ - middle, e = dlm_floor_shift32(c + half, shift);
        const uint32_t square = (uint32_t)(e * e);
        found.distance += (uint32_t)(c < 0 ? -c : c);
        found.second += square;
        found.fourth += (uint64_t)square * square;
        found.crossings += was != (c >= 0);
        was = c >= 0;
    } while (--n);
    return found;
}

// log2 of value / n in Q11, `bits` of the fraction of value / n counted.
static int32_t log_of_mean(uint64_t value, unsigned bits, uint32_t n) {
    return dlm_logs(dlm_divide(value << bits, n)) - (int32_t)bits * OCTAVE;
}

static int32_t deviation(const sums_t *s, uint32_t n) {
    const uint64_t scatter = dlm_divide(n * s->squares - (uint64_t)((int64_t)s->total * s->total), n);  // below 2^45
    return dlm_floor_shift32(log_of_mean(scatter, 2 * STILL, n), 1);
}

static int32_t kurtosis(const centred_t *c, uint32_t n) {
    return c->second ? dlm_logs(c->fourth) + dlm_log2_q11(n) - 2 * dlm_logs(c->second) : 0;
}

void dlm_stats(const int16_t *x, uint32_t n, unsigned flags, int16_t *values, uint32_t stride) {
    sums_t s;
    look(x, n, &s);
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
            value = dlm_mean(s.total, n);
            break;
        case DLM_STATISTIC_DEVIATION:
            value = deviation(&s, n);
            break;
        case DLM_STATISTIC_STEP:
            value = log_of_mean(s.steps, STILL, n - 1);
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
            value = log_of_mean(c.distance, STILL, n);
        }
        *values = dlm_int16(value);
        values += stride;
    }
}

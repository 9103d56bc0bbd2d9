// SPDX-License-Identifier: MIT
// Holds what the kernel does in a way of its own on this core to plain C: shared_spec/vectors/dot.json, and numbers drawn.
#include "checks.h"

#include "bench_data.h"
#include "dlm_kernel.h"

enum { ROWS = 12, DRAWN = 400, EVENTS = 22 };

static uint32_t state = 1;

static uint32_t draw(void) {
    state = state * 1664525u + 1013904223u;
    return state ^ state >> 15;
}

static uint32_t wrong_products(const bench_dot_t *of) {
    int32_t sums[4], mixed[4];
    int64_t wide[2];
    uint32_t distance2[4];
    dlm_dot4(of->a, of->b[0], BENCH_DOT_STRIDE, of->n, sums);
    dlm_dot4_mixed(of->a, of->c[0], of->n, mixed);
    dlm_dot2_wide(of->a, of->b[0], of->b[1], of->n, wide);
    uint32_t wrong = memcmp(sums, of->sums, sizeof(sums)) || memcmp(mixed, of->mixed, sizeof(mixed));
    wrong += wide[0] != of->sums[0] || wide[1] != of->sums[1];
    dlm_distances(of->a, of->b[0], of->n, BENCH_DOT_STRIDE, distance2, 1);
    return wrong + (distance2[0] != of->distance2);
}

// Squared distance modulo 2^32, difference by difference.
static uint32_t plain_distance2(const int16_t *a, const int16_t *b, uint32_t n) {
    uint32_t sum = 0;
    for (; n; n--) {
        const uint32_t step = (uint32_t)(*a++ - *b++);
        sum += step * step;
    }
    return sum;
}

// Of a case's rows, taken in turn until there are three blocks of them.
static uint32_t wrong_distances(const bench_dot_t *of) {
    static int16_t rows[ROWS][BENCH_DOT_STRIDE] __attribute__((aligned(4)));
    uint32_t norms[ROWS], found[ROWS], others[ROWS], wrong = 0;
    for (uint32_t r = 0; r < ROWS; r++) {
        memcpy(rows[r], r % 5 < 4 ? of->b[r % 5] : of->a, sizeof(rows[r]));
    }
    dlm_norms(rows[0], ROWS, of->n, BENCH_DOT_STRIDE, norms);
    for (uint32_t i = 0; i <= ROWS - 3; i++) {
        for (uint32_t m = 0; m <= ROWS - 3; m++) {
            dlm_distance_row(rows[0], norms, i, of->n, BENCH_DOT_STRIDE, found, m);
            dlm_distances(rows[i], rows[0], of->n, BENCH_DOT_STRIDE, others, m);
            for (uint32_t j = 0; j < m; j++) {
                const uint32_t distance2 = plain_distance2(rows[i], rows[j], of->n);
                wrong += found[j] != distance2;
                wrong += others[j] != distance2;
            }
        }
    }
    return wrong;
}

static uint32_t wrong_exponentials(void) {
    uint32_t values[8], found[8], wrong = 0;
    for (uint32_t drawn = 0; drawn < DRAWN; drawn++) {
        const uint32_t n = drawn % 8, b = draw() | 0x40000000u, shift = drawn % 20;
        for (uint32_t i = 0; i < n; i++) {
            values[i] = draw() >> draw() % 32;
        }
        dlm_gauss_row(values, found, n, b, shift);
        for (uint32_t i = 0; i < n; i++) {
            wrong += found[i] != dlm_gauss_short(values[i], b, shift);
        }
    }
    return wrong;
}

// root^2 <= value < (root + 1)^2, at both ends.
static uint32_t wrong_roots(void) {
    uint32_t wrong = 0;
    for (uint32_t drawn = 0; drawn < DRAWN; drawn++) {
        const uint32_t root = drawn ? draw() >> draw() % 32 | 1 : UINT32_MAX;
        const uint64_t square = (uint64_t)root * root;
        wrong += dlm_isqrt(square) != root || dlm_isqrt(square - 1) != root - 1 ||
                 dlm_isqrt(square + 2u * (uint64_t)root) != root;
    }
    return wrong;
}

// Each rank of values drawn, many of which are equal: as many are less as come before it, or fewer.
static uint32_t wrong_ranks(void) {
    uint32_t values[24], wrong = 0;
    for (uint32_t drawn = 0; drawn < DRAWN; drawn++) {
        const uint32_t n = 1 + draw() % 24, wanted = draw() % n, bits = draw() % 33;
        uint32_t less = 0, equal = 0;
        for (uint32_t i = 0; i < n; i++) {
            values[i] = (uint32_t)((uint64_t)draw() >> bits);
        }
        const uint32_t found = dlm_select(values, n, wanted);
        for (uint32_t i = 0; i < n; i++) {
            less += values[i] < found;
            equal += values[i] == found;
        }
        wrong += less > wanted || less + equal <= wanted;
    }
    return wrong;
}

static int16_t packed[EVENTS * (EVENTS + 6)] __attribute__((aligned(8)));
static uint32_t roots[EVENTS + 3];

// Rows of the factor of a Gram matrix of events on a line, whose places are drawn: L and 1 / L_ii of each, in a plain way.
static uint32_t wrong_factors(uint32_t m) {
    uint32_t row[EVENTS + 3], wrong = 0;
    int32_t place[EVENTS];
    for (uint32_t i = 0; i < m; i++) {
        const int16_t *found = dlm_row(packed, i);
        int32_t left = row[i] = (1u << 30) + DLM_KERNEL_RIDGE;
        place[i] = (int32_t)(draw() >> 21);
        for (uint32_t j = 0; j < i; j++) {
            row[j] = dlm_exp2_neg((uint32_t)((place[i] - place[j]) * (place[i] - place[j])));
        }
        dlm_factor_row(packed, roots, i, row);
        for (uint32_t j = 0; j < i; j++) {
            int64_t rest = row[j];
            for (uint32_t k = 0; k < j; k++) {
                rest -= found[k] * dlm_row(packed, j)[k];
            }
            wrong += found[j] != dlm_round_shift(rest * roots[j], 43);
            left -= found[j] * found[j];
        }
        wrong += roots[i] != ((uint64_t)1 << 58) / dlm_isqrt((uint64_t)left << 30);
    }
    return wrong;
}

// Columns of its inverse.
static uint32_t wrong_inverses(uint32_t m) {
    static int32_t columns[EVENTS][4];
    uint32_t wrong = 0;
    for (uint32_t j = 0; j < m; j += 4) {
        dlm_inverse_columns(packed, roots, m, j, columns[0]);
        for (uint32_t i = j; i < m; i++) {
            for (uint32_t r = 0; r < 4; r++) {
                int64_t sum = 0;
                for (uint32_t k = j; k < i; k++) {
                    sum += dlm_floor_shift((int64_t)dlm_row(packed, i)[k] * columns[k][r], 16);
                }
                wrong += columns[i][r] != (i == j + r ? roots[i] >> 2 : dlm_floor_shift(-sum * roots[i], 27));
            }
        }
    }
    return wrong;
}

static uint32_t wrong_solutions(void) {
    uint32_t wrong = 0;
    for (uint32_t m = 1; m <= EVENTS; m++) {
        wrong += wrong_factors(m) + wrong_inverses(m);
    }
    return wrong;
}

uint32_t checks_failed(void) {
    uint32_t wrong = wrong_exponentials() + wrong_roots() + wrong_ranks() + wrong_solutions();
    for (uint32_t i = 0; i < BENCH_DOTS; i++) {
        wrong += wrong_products(&bench_dots[i]) + wrong_distances(&bench_dots[i]);
    }
    return wrong;
}

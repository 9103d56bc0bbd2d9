// SPDX-License-Identifier: MIT
// The direct solver: Gram matrix, Cholesky factor, its inverse, alpha and leave-one-out. Twin of
// host/deeplomath/mirror/solve.py. Rows of A come and go, packed holds L, W passes by in columns; NUMERICS.md, Solver,
// proves the bounds given here.
#include "dlm_kernel.h"

void dlm_base_width(const int16_t *scaled_q8, const uint32_t *norm_q16, uint32_t m, uint32_t n, uint32_t stride,
                    dlm_width_t *width) {
    uint64_t squares = 0, squared_sums = 0;
    for (uint32_t i = 0; i < m; i++) {
        squares += norm_q16[i];
    }
    for (uint32_t k = 0; k < n; k++) {
        const int16_t *at = scaled_q8 + k;
        int32_t sum = 0;  // within 2^21
        uint32_t left = m;
        do {
            sum += *at;
            at += stride;
        } while (--left);
        squared_sums += (uint64_t)((int64_t)sum * sum);
    }
    uint64_t spread = m * squares - squared_sums;  // the sum of squared distances over all pairs, below 2^50
    width->mantissa = width->shift = 0;
    if (spread == 0) {
        return;
    }
    const uint32_t pairs2 = m * (m - 1);
    const unsigned bits = dlm_bit_length(spread), down = bits > 32 ? bits - 32 : 0;
    spread >>= down;
    const unsigned up = 29 + bits - down - dlm_bit_length(pairs2);
    width->mantissa = (uint32_t)(((uint64_t)pairs2 << up) / spread);
    width->shift = up + down - 18;
}

void dlm_gram_row(const uint32_t *distance2_q16, uint32_t n, const dlm_width_t *width, uint32_t *row_q30) {
    if (width->shift >= 30) {  // in all but networks of very few features; 2^28 <= mantissa < 2^30
        dlm_gauss_row(distance2_q16, row_q30, n, width->mantissa << 2, width->shift - 30);
        return;
    }
    for (; n; n--) {
        const uint64_t x_q18 = ((uint64_t)*distance2_q16++ * width->mantissa) >> width->shift;
        *row_q30++ = dlm_exp2_neg(x_q18 > UINT32_MAX ? UINT32_MAX : (uint32_t)x_q18);
    }
}

// rest * root: the two have 43 fractional bits more than the result, the product fits 62 bits.
static inline int32_t times_root(int32_t rest, int32_t root_q28) {
    return dlm_floor_shift32(dlm_mul_shift(rest, root_q28, 32) + (1 << 10), 11);
}

// Of the rows of a kind of core: factor_blocks makes L_i0..L_i(i-1) of row i of A, and returns the sum of their squares.
// inverse_rows makes n rows of four columns of W of those of L, which begin where the columns do, the first `bytes` long.
// square_sums adds up the squares of n rows of columns, each rounded to Q12.
#if defined(__ARM_FEATURE_DSP)
#include "dlm_solve_dsp.h"
#else

// L_ij..L_i(j+n-1) into row, n = 1..4, from their part of a row of A less the products of what lies left of them;
// above: row j of packed from column j on. Returns the sum of their squares.
static inline uint32_t factor_block(int16_t *row, const int16_t *above, uint32_t stride, const uint32_t *root_q28,
                                    const uint32_t *row_q30, const int32_t *sums_q30, uint32_t n) {
    int32_t squares = 0, factor[4];
    DLM_UNROLL4
    for (uint32_t r = 0; r < 4; r++, above += stride) {
        if (r == n) {
            break;
        }
        int32_t rest_q30 = (int32_t)row_q30[r] - sums_q30[r];
        DLM_UNROLL4
        for (uint32_t s = 0; s < r; s++) {
            rest_q30 -= factor[s] * above[s];
        }
        factor[r] = times_root(rest_q30, (int32_t)root_q28[r]);
        row[r] = (int16_t)factor[r];
        squares += factor[r] * factor[r];
    }
    return (uint32_t)squares;
}

static uint32_t factor_blocks(int16_t *row, const int16_t *packed, const uint32_t *root_q28, const uint32_t *row_q30,
                              uint32_t i) {
    uint32_t squares = 0;
    int32_t sums_q30[4];
    for (uint32_t j = 0; j < i; j += 4) {
        dlm_dot4(row, packed, j + 4, j, sums_q30);
        squares += factor_block(row + j, packed + j, j + 4, root_q28 + j, row_q30 + j, sums_q30, i - j < 4 ? i - j : 4);
        packed += 4 * (j + 4);
    }
    return squares;
}

static void inverse_rows(const int16_t *row, const uint32_t *root_q28, int32_t *columns, uint32_t n, uint32_t bytes) {
    int32_t *row_of_w = columns;
    for (uint32_t i = 0; i < n; i++, row_of_w += 4) {
        const int32_t root = (int32_t)*root_q28++;
        dlm_dot4_mixed(row, columns, i, row_of_w);
        DLM_UNROLL4
        for (uint32_t r = 0; r < 4; r++) {
            row_of_w[r] = dlm_mul_shift(row_of_w[r], -root, 27);  // 0 where r > i
        }
        if (i < 4) {
            row_of_w[i] = dlm_floor_shift32(root, 2);
        }
        row += (bytes + 2 * (i & ~3u)) / 2;
    }
}

static void square_sums(const int32_t *columns, uint32_t n, uint32_t sums[4]) {
    memset(sums, 0, 4 * sizeof(*sums));
    for (; n; n--) {
        DLM_UNROLL4
        for (uint32_t r = 0; r < 4; r++) {
            const int32_t w_q12 = dlm_floor_shift32(*columns++ + (1 << 13), 14);
            sums[r] += (uint32_t)(w_q12 * w_q12);
        }
    }
}

#endif

void dlm_factor_row(int16_t *packed, uint32_t *root_q28, uint32_t i, const uint32_t *row_q30) {
    const uint32_t left_q30 = row_q30[i] - factor_blocks(dlm_row(packed, i), packed, root_q28, row_q30, i);
    root_q28[i] = (uint32_t)(((uint64_t)1 << 58) / dlm_isqrt((uint64_t)left_q30 << 30));  // left >= 2^30 / 54
}

void dlm_inverse_columns(const int16_t *packed, const uint32_t *root_q28, uint32_t m, uint32_t j, int32_t *columns) {
    const int16_t *row = dlm_row((int16_t *)(uintptr_t)packed, j) + j;
    inverse_rows(row, root_q28 + j, columns + 4 * j, m - j, 2 * j + 8);
}

// T of a regression: the event's value less their mean, in the largest deviation.
static int32_t value_target(const dlm_network_t *network, int32_t value) {
    const int64_t scaled = ((int64_t)value * 256 - network->target.mean_q8) * network->target.mantissa;  // below 2^54
    return dlm_round_saturate(scaled, network->target.shift - 8, DLM_ONE_Q16);
}

int32_t dlm_value(const dlm_network_t *network, int32_t output_q16) {
    const int64_t shifted = (int64_t)((uint64_t)(int64_t)output_q16 << (network->target.shift - 8));  // within 2^57
    const int64_t mantissa = network->target.mantissa;
    const int64_t value = shifted >= 0 ? shifted / mantissa : -((mantissa - 1 - shifted) / mantissa);
    return network->target.mean_q8 + (int32_t)value;
}

int32_t dlm_own_target(const dlm_t *net, const dlm_network_t *network, int32_t label) {
    return net->config.regression ? value_target(network, label) : DLM_ONE_Q16 - (int32_t)network->share_q16;
}

void dlm_substitute(dlm_t *net, uint32_t i) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t m_even = dlm_even(next->n_neurons);
    const int32_t root_q28 = (int32_t)DLM_AT(net, uint32_t, net->root_q28)[i];
    const int16_t *row = dlm_row(DLM_AT(net, int16_t, net->packed), i);
    const int16_t label = DLM_AT(net, int16_t, next->label)[i];
    const uint32_t own = dlm_class(net, label);
    const int32_t own_target = dlm_own_target(net, next, label), other_target = -(int32_t)next->share_q16;
    int16_t *v = DLM_AT(net, int16_t, net->v_q11);
    int32_t sums_q26[4];
    for (uint32_t class = 0, c = 0, present = next->present; present; class++, present >>= 1) {
        if (!(present & 1)) {
            continue;
        }
        if (!(c & 3)) {
            dlm_dot4(row, v, m_even, i, sums_q26);  // of rows that are not there, too, of no use
        }
        const int32_t target = class == own ? own_target : other_target;
        const int32_t rest_q26 = (int32_t)((uint32_t)(target * 1024) - (uint32_t)sums_q26[c++ & 3]);
        v[i] = (int16_t)dlm_saturate32(times_root(rest_q26, root_q28), INT16_MAX);
        v += m_even;
    }
}

// 1 / (A^-1)_ii in Q30 of four columns of W, n rows Q26: the sums of their squares in Q24 are within [0.96, 54].
static void reciprocals_of(const int32_t *columns, uint32_t n, uint32_t end, uint32_t *reciprocal_q30) {
    uint32_t sums_q24[4];
    square_sums(columns, n, sums_q24);
    for (uint32_t r = 0; r < end; r++) {
        reciprocal_q30[r] = (uint32_t)(((uint64_t)1 << 54) / sums_q24[r]);
    }
}

void dlm_alpha(dlm_t *net, uint32_t j) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t m = next->n_neurons, end = m - j < 4 ? m - j : 4;
    int32_t *columns = DLM_AT(net, int32_t, net->columns), *alpha_q21 = DLM_AT(net, int32_t, net->alpha_q21) + j;
    const int16_t *v = DLM_AT(net, int16_t, net->v_q11) + j;
    dlm_inverse_columns(DLM_AT(net, int16_t, net->packed), DLM_AT(net, uint32_t, net->root_q28), m, j, columns);
    columns += 4 * j;
    for (uint32_t c = 0; c < net->config.n_classes; c++, alpha_q21 += m) {
        int32_t sums_q21[4];
        const int present = next->present >> c & 1;
        dlm_dot4_mixed(v, columns, present ? m - j : 0, sums_q21);
        v += present ? dlm_even(m) : 0;
        for (uint32_t r = 0; r < end; r++) {
            const uint32_t sum = (uint32_t)sums_q21[r];
            alpha_q21[r] = (int32_t)(sum + (sum ? (m - j - r) / 2 : 0));  // half a bit is lost a product
        }
    }
    reciprocals_of(columns, m - j, end, DLM_AT(net, uint32_t, net->reciprocal) + j);
}

static int32_t residual(int32_t alpha_q21, uint32_t reciprocal_q30) {
    const int32_t product_q19 = dlm_mul_shift(alpha_q21, (int32_t)reciprocal_q30, 32);
    return dlm_saturate32(dlm_floor_shift32(product_q19 + 4, 3), DLM_KERNEL_ANSWER_MAX);
}

// Right shift that brings the largest absolute value of alpha, n values, below 2^15.
static uint32_t alpha_shift(const int32_t *alpha_q21, uint32_t n) {
    uint32_t bits = 0;
    for (; n; n--) {
        const int32_t alpha = *alpha_q21++;
        bits |= alpha < 0 ? 0u - (uint32_t)alpha : (uint32_t)alpha;
    }
    const unsigned length = dlm_bit_length(bits);
    return length > 15 ? length - 15 : 0;
}

// alpha of n values in 16 bits, shifted right.
DLM_HOT static void round_alpha(const int32_t *alpha_q21, uint32_t n, uint32_t shift, int16_t *kept) {
    const unsigned last = shift ? 1 : 0;
    for (shift -= last; n; n--) {
        const int32_t rounded = dlm_floor_shift32(dlm_floor_shift32(*alpha_q21++, shift) + (int32_t)last, last);
        *kept++ = (int16_t)(rounded > INT16_MAX ? INT16_MAX : rounded);
    }
}

DLM_HOT uint64_t dlm_keep(dlm_t *net, unsigned index) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t m = next->n_neurons, m_even = dlm_even(m), n_classes = net->config.n_classes;
    const int32_t *alpha_q21 = DLM_AT(net, int32_t, net->alpha_q21);
    int32_t *left_out_q16 = DLM_AT(net, int32_t, net->left_out_q16);
    dlm_layer_t *layer = &dlm_next(net)->layers[index];
    int16_t *kept = DLM_AT(net, int16_t, layer->alpha);
    const int one_class = net->config.regression;
    uint64_t error = 0;
    layer->alpha_shift = alpha_shift(alpha_q21, m * n_classes);
    for (uint32_t c = 0; c < n_classes; c++, kept += m_even) {
        const uint32_t *reciprocal_q30 = DLM_AT(net, uint32_t, net->reciprocal);
        const int16_t *label = DLM_AT(net, int16_t, next->label);
        const int32_t other = dlm_other_target(next, c);
        kept[m_even - 1] = 0;
        round_alpha(alpha_q21, m, layer->alpha_shift, kept);
        for (uint32_t i = m; i; i--, label++) {
            const int32_t target = one_class || *label == (int32_t)c ? dlm_own_target(net, next, *label) : other;
            const int32_t found = target - residual(*alpha_q21++, *reciprocal_q30++);
            const int32_t left_out = dlm_saturate32(found, DLM_KERNEL_ANSWER_MAX), miss = target - left_out;
            *left_out_q16++ = left_out;
            error += (uint64_t)((int64_t)miss * miss);
        }
    }
    return error;
}

// SPDX-License-Identifier: MIT
// The direct solver: Gram matrix, Cholesky factor, its inverse, alpha and leave-one-out. Twin of host/deeplomath/solve.py.
// Rows of A come and go, packed holds L, W passes by in columns; NUMERICS.md, Solver, proves the bounds given here.
#include "dlm_kernel.h"

void dlm_base_width(const int16_t *n_q8, const uint32_t *norm_q16, uint32_t m, uint32_t n, uint32_t stride,
                    dlm_width_t *width) {
    uint64_t squares = 0, squared_sums = 0;
    for (uint32_t i = 0; i < m; i++) {
        squares += norm_q16[i];
    }
    for (uint32_t k = 0; k < n; k++) {
        int32_t sum = 0;  // within 2^21
        for (uint32_t i = 0; i < m; i++) {
            sum += n_q8[(size_t)i * stride + k];
        }
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

// x = distance2 / h^2 in Q18, where a product of 32 bits gives it: in all but networks of very few features.
static inline uint32_t short_exponent(uint32_t distance2_q16, const dlm_width_t *width) {
    return dlm_mul_high(distance2_q16, width->mantissa << 2) >> (width->shift - 30);  // 2^28 <= mantissa < 2^30
}

uint32_t dlm_gauss(uint32_t distance2_q16, const dlm_width_t *width) {
    uint32_t x_q18;
    if (width->shift >= 30) {
        x_q18 = short_exponent(distance2_q16, width);
    } else {
        const uint64_t wide = ((uint64_t)distance2_q16 * width->mantissa) >> width->shift;
        x_q18 = wide > UINT32_MAX ? UINT32_MAX : (uint32_t)wide;
    }
    return dlm_exp2_neg(x_q18);
}

void dlm_gram_row(uint32_t i, const dlm_width_t *width, uint32_t *row) {
    const dlm_width_t own = *width;
    for (uint32_t j = 0; j < i; j++) {
        row[j] = own.shift >= 30 ? dlm_exp2_neg(short_exponent(row[j], &own)) : dlm_gauss(row[j], &own);
    }
    row[i] = (uint32_t)1 << 30;
}

// rest * root: the two have 43 fractional bits more than the result, the product fits 62 bits.
static inline int32_t times_root(int32_t rest, int32_t root_q28) {
    return dlm_floor_shift32(dlm_mul_shift(rest, root_q28, 32) + (1 << 10), 11);
}

// L_ij..L_i(j+n-1) into row, n = 1..4, from their part of a row of A less the products of what lies left of them; above: row j of
// packed from column j on. Returns the sum of their squares.
static inline int32_t factor_block(int16_t *row, const int16_t *above, uint32_t stride, const uint32_t *root_q28,
                                   const uint32_t *row_q30, const int32_t *sums_q30, uint32_t n) {
    int32_t squares = 0, factor[4];
#pragma GCC unroll 4
    for (uint32_t r = 0; r < 4; r++, above += stride) {
        if (r == n) {
            break;
        }
        int32_t rest_q30 = (int32_t)row_q30[r] - sums_q30[r];
#pragma GCC unroll 4
        for (uint32_t s = 0; s < r; s++) {
            rest_q30 -= factor[s] * above[s];
        }
        factor[r] = times_root(rest_q30, (int32_t)root_q28[r]);
        row[r] = (int16_t)factor[r];
        squares += factor[r] * factor[r];
    }
    return squares;
}

void dlm_factor_row(int16_t *packed, uint32_t *root_q28, uint32_t i, const uint32_t *row_q30) {
    int16_t *row = dlm_row(packed, i);
    int32_t left_q30 = (int32_t)row_q30[i], sums_q30[4];  // left_q30 >= 2^30 / 54 in the end
    uint32_t j = 0;
    for (; j + 4 <= i; j += 4) {
        dlm_dot4(row, packed, j + 4, j, sums_q30);
        left_q30 -= factor_block(row + j, packed + j, j + 4, root_q28 + j, row_q30 + j, sums_q30, 4);
        packed += 4 * (j + 4);
    }
    if (j < i) {
        dlm_dot4(row, packed, j + 4, j, sums_q30);
        left_q30 -= factor_block(row + j, packed + j, j + 4, root_q28 + j, row_q30 + j, sums_q30, i - j);
    }
    root_q28[i] = (uint32_t)(((uint64_t)1 << 58) / dlm_isqrt((uint64_t)(uint32_t)left_q30 << 30));
}

void dlm_inverse_columns(const int16_t *packed, const uint32_t *root_q28, uint32_t m, uint32_t j, int32_t *columns) {
    const int16_t *row = dlm_row((int16_t *)(uintptr_t)packed, j) + j;
    for (uint32_t i = j; i < m; i++) {
        const int32_t root = (int32_t)root_q28[i];
        int32_t *place = columns + i, sums_q25[4];
        dlm_dot4_mixed(row, columns + j, m, i - j, sums_q25);
#pragma GCC unroll 4
        for (uint32_t r = 0; r < 4; r++, place += m) {
            *place = dlm_mul_shift(sums_q25[r], -root, 27);
        }
        if (i < j + 4) {
            for (uint32_t r = i - j; r < 4; r++) {
                columns[r * m + i] = 0;
            }
            columns[(i - j) * m + i] = dlm_floor_shift32(root, 2);
        }
        row += 4 * (i / 4 + 1);
    }
}

// T of a regression: the event's value less their mean, in the largest deviation.
static int32_t value_target(const dlm_network_t *of, int32_t value) {
    const int64_t scaled = ((int64_t)value * 256 - of->target.mean_q8) * of->target.mantissa;  // below 2^41
    return dlm_round_saturate(scaled, of->target.shift - 8, DLM_ONE_Q16);
}

int32_t dlm_value(const dlm_network_t *of, int32_t output_q16) {
    const int64_t shifted = (int64_t)((uint64_t)(int64_t)output_q16 << (of->target.shift - 8));  // within 2^45
    const int64_t mantissa = of->target.mantissa;
    const int64_t value = shifted >= 0 ? shifted / mantissa : -((mantissa - 1 - shifted) / mantissa);
    return of->target.mean_q8 + (int32_t)value;
}

// T in Q16 of a class that is present.
static inline int32_t class_target(const dlm_network_t *of, int32_t label, uint32_t class) {
    return (label == (int32_t)class ? DLM_ONE_Q16 : 0) - (int32_t)of->share_q16;
}

int32_t dlm_target(const dlm_t *net, const dlm_network_t *of, uint32_t event, uint32_t class) {
    const int32_t label = DLM_AT(net, int16_t, of->label)[event];
    if (net->config.regression) {
        return value_target(of, label);
    }
    return of->present >> class & 1 ? class_target(of, label, class) : 0;
}

// The classes present into present; returns how many.
static uint32_t list_present(const dlm_network_t *of, uint8_t *present) {
    uint32_t n = 0;
    for (uint8_t c = 0; c < DLM_LIMIT_CLASSES; c++) {
        if (of->present >> c & 1) {
            present[n++] = c;
        }
    }
    return n;
}

void dlm_substitute(dlm_t *net, uint32_t i) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t mp = dlm_even(next->n_neurons), root = DLM_AT(net, uint32_t, net->root_q28)[i];
    const int16_t *row = dlm_row(DLM_AT(net, int16_t, net->packed), i);
    int16_t *v = DLM_AT(net, int16_t, net->v_q11);
    const int32_t label = DLM_AT(net, int16_t, next->label)[i];
    const int regression = net->config.regression;
    uint8_t present[DLM_LIMIT_CLASSES];
    const uint32_t n = list_present(next, present);
    for (uint32_t c = 0; c < n; c++, v += mp) {
        int64_t sums_q26[2];
        if (!(c & 1)) {
            dlm_dot2_wide(row, v, c + 1 < n ? v + mp : v, i, sums_q26);
        }
        const int32_t target = regression ? value_target(next, label) : class_target(next, label, present[c]);
        const int64_t rest_q26 = (int64_t)target * 1024 - sums_q26[c & 1];
        v[i] = (int16_t)dlm_saturate32(times_root(dlm_saturate(rest_q26, INT32_MAX), (int32_t)root), INT16_MAX);
    }
}

// 1 / (A^-1)_ii in Q30 from column i of W, Q26 [n]: the sum of its squares in Q24, within [0.96, 54].
static uint32_t reciprocal_of(const int32_t *column, uint32_t n) {
    uint32_t sum_q24 = 0;
    for (; n; n--) {
        const int32_t w_q12 = dlm_floor_shift32(*column++ + (1 << 13), 14);
        sum_q24 += (uint32_t)(w_q12 * w_q12);
    }
    return (uint32_t)(((uint64_t)1 << 54) / sum_q24);
}

void dlm_alpha(dlm_t *net, uint32_t j) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t m = next->n_neurons, end = m - j < 4 ? m - j : 4;
    int32_t *columns = DLM_AT(net, int32_t, net->columns), *alpha_q21 = DLM_AT(net, int32_t, net->candidate_q21) + j;
    const int16_t *v = DLM_AT(net, int16_t, net->v_q11) + j;
    dlm_inverse_columns(DLM_AT(net, int16_t, net->packed), DLM_AT(net, uint32_t, net->root_q28), m, j, columns);
    for (uint32_t c = 0; c < net->config.n_classes; c++, alpha_q21 += m) {
        int32_t sums_q21[4] = {0};
        if (next->present >> c & 1) {
            dlm_dot4_mixed(v, columns + j, m, m - j, sums_q21);
            v += dlm_even(m);
        }
        for (uint32_t r = 0; r < end; r++) {
            const uint32_t sum = (uint32_t)sums_q21[r];
            alpha_q21[r] = (int32_t)(sum + (sum ? (m - j - r) / 2 : 0));  // half a bit is lost a product
        }
    }
    for (uint32_t r = 0; r < end; r++) {
        DLM_AT(net, uint32_t, net->reciprocal)[j + r] = reciprocal_of(columns + r * m + j + r, m - j - r);
    }
}

static int32_t residual(int32_t alpha_q21, uint32_t reciprocal_q30) {
    const int32_t product_q19 = dlm_mul_shift(alpha_q21, (int32_t)reciprocal_q30, 32);
    return dlm_saturate32(dlm_floor_shift32(product_q19 + 4, 3), DLM_KERNEL_ANSWER_MAX);
}

// Right shift that brings the largest absolute value of alpha [C][m], in *alpha_shift, below 2^15; returns the sum of residual^2,
// Q32, below 2^51.
static uint64_t leave_one_out_error(const dlm_t *net, const int32_t *alpha_q21, uint32_t *alpha_shift) {
    const uint32_t *reciprocal_q30 = DLM_AT(net, uint32_t, net->reciprocal);
    const uint32_t m = dlm_next(net)->n_neurons;
    uint64_t error = 0;
    uint32_t bits = 0;
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        for (uint32_t i = 0; i < m; i++) {
            const int32_t alpha = *alpha_q21++;
            const int64_t miss = residual(alpha, reciprocal_q30[i]);
            bits |= alpha < 0 ? 0u - (uint32_t)alpha : (uint32_t)alpha;
            error += (uint64_t)(miss * miss);
        }
    }
    const unsigned length = dlm_bit_length(bits);
    *alpha_shift = length > 15 ? length - 15 : 0;
    return error;
}

// Puts the alpha being tried, shifted and rounded, into the layer, and its left-out answers to those of the layer.
static void keep_tried(dlm_t *net, const dlm_layer_t *layer) {
    const uint32_t *reciprocal_q30 = DLM_AT(net, uint32_t, net->reciprocal);
    const dlm_network_t *next = dlm_next(net);
    const uint32_t m = next->n_neurons, mp = dlm_even(m), shift = layer->alpha_shift;
    const int32_t *alpha_q21 = DLM_AT(net, int32_t, net->candidate_q21);
    int32_t *left_out_q16 = DLM_AT(net, int32_t, net->left_out_q16);
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        int16_t *kept = DLM_AT(net, int16_t, layer->alpha) + c * mp;
        kept[mp - 1] = 0;
        for (uint32_t i = 0; i < m; i++) {
            const int32_t alpha = *alpha_q21++;
            const int32_t left_out = dlm_target(net, next, i, c) - residual(alpha, reciprocal_q30[i]);
            const int64_t rounded = dlm_floor_shift(alpha + (((int64_t)1 << shift) >> 1), shift);
            kept[i] = (int16_t)dlm_saturate(rounded, INT16_MAX);
            *left_out_q16++ = dlm_saturate32(left_out, DLM_KERNEL_ANSWER_MAX);
        }
    }
}

void dlm_choose(dlm_t *net, unsigned index, const dlm_width_t *width) {
    dlm_layer_t *layer = &dlm_next(net)->layers[index];
    uint32_t alpha_shift;
    const uint64_t error = leave_one_out_error(net, DLM_AT(net, int32_t, net->candidate_q21), &alpha_shift);
    if (error < net->build.tried) {
        net->build.tried = error;
        layer->width = *width;
        layer->alpha_shift = alpha_shift;
        keep_tried(net, layer);
    }
}

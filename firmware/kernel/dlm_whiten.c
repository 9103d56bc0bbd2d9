// SPDX-License-Identifier: MIT
// Coordinates in which features that move together within a class no longer do. Twin of
// host/deeplomath/mirror/whiten.py. Rows of the covariance come and go; NUMERICS.md, Whitening, proves the bounds.
#include "dlm_kernel.h"

void dlm_residuals(dlm_t *net, uint32_t k) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t m = net->n_events, stride = dlm_stride(&net->config, 0);
    const int16_t *z = DLM_AT(net, int16_t, next->layers[0].scaled_q8) + k;
    const int16_t *label = DLM_AT(net, int16_t, next->label);
    uint32_t *squares = DLM_AT(net, uint32_t, net->reciprocal);
    int16_t *row = dlm_across(net, k);
    struct {
        int32_t sum, n;  // sum within 2^21; then the mean, rounded
    } of[DLM_LIMIT_CLASSES], *at;
    memset(of, 0, sizeof(of));
    uint32_t left = m;
    do {
        at = of + *label++;
        at->n++;
        at->sum += *row++ = *z;
        z += stride;
    } while (--left);
    for (at = of; at < of + net->config.n_classes; at++) {
        at->sum = at->n ? dlm_floor_div(2 * at->sum + at->n, 2 * at->n) : 0;
    }
    if (!k) {
        memset(squares, 0, sizeof(*squares) * m);
    }
    left = m;
    do {  // back again
        const int32_t residual = *--row - of[*--label].sum;
        *row = (int16_t)residual;
        squares[--left] += (uint32_t)(residual * residual);
    } while (left);
}

void dlm_begin_spread(dlm_t *net) {
    const uint32_t *squares = DLM_AT(net, uint32_t, net->reciprocal);
    uint64_t trace = 0;  // below 2^41
    for (uint32_t i = 0; i < net->n_events; i++) {
        trace += squares[i];
    }
    const unsigned bits = dlm_bit_length(trace);
    net->build.width.shift = bits > 9 ? bits - 9 : 0;
    trace = trace << 22 >> net->build.width.shift;  // below 2^31
    net->build.width.mantissa = trace ? (uint32_t)(((uint64_t)net->config.n_features << 46) / trace) : 0;
    net->build.own = 0;
}

// A sum of squared residuals, Q16, in Q20, so that the diagonal has mean 1.
static int32_t to_mean_one(const dlm_t *net, int64_t sum) {
    const int64_t scaled = dlm_floor_shift(sum * (1 << 22), net->build.width.shift);  // within 2^31
    return (int32_t)dlm_floor_shift(scaled * net->build.width.mantissa, 26);
}

// Row i of P, Q20 [i + 1], into columns.
static int32_t *moments(const dlm_t *net, uint32_t i) {
    int32_t *p_q20 = DLM_AT(net, int32_t, net->columns);
    int64_t sums[2];
    for (uint32_t j = 0; j <= i; j++) {
        if (!(j & 1)) {
            dlm_dot2_wide(dlm_across(net, i), dlm_across(net, j), dlm_across(net, j + 1), net->n_events, sums);
        }
        p_q20[j] = to_mean_one(net, sums[j & 1]);
    }
    return p_q20;
}

void dlm_add_spread(dlm_t *net, uint32_t i) {
    const int32_t *p_q20 = moments(net, i);
    for (uint32_t j = 0; j <= i; j++) {
        const int64_t square = (int64_t)p_q20[j] * p_q20[j];
        net->build.own += (uint64_t)(j < i ? 2 * square : square);  // below 2^55 in all
    }
}

void dlm_shrinkage(dlm_t *net) {
    const uint32_t *norm = DLM_AT(net, uint32_t, net->reciprocal);
    const int64_t squares = (int64_t)net->build.own;
    const int64_t spread_q24 = dlm_floor_shift(squares - ((int64_t)net->config.n_features << 40), 16);
    int64_t miss = -(squares / net->n_events), a_q16 = DLM_ONE_Q16;
    for (uint32_t i = 0; i < net->n_events; i++) {
        const int64_t u_q20 = to_mean_one(net, norm[i]);
        miss += u_q20 * u_q20;
    }
    if (spread_q24 > 0 && miss < DLM_ONE_Q16 * spread_q24) {
        a_q16 = miss / spread_q24;
    }
    net->build.shrinkage_q16 = (uint32_t)(a_q16 < DLM_KERNEL_WHITENING_LEAST ? DLM_KERNEL_WHITENING_LEAST : a_q16);
}

void dlm_correlation(dlm_t *net, uint32_t i) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t a_q16 = net->build.shrinkage_q16;
    uint32_t *root_q28 = DLM_AT(net, uint32_t, net->energy), *t_q16 = root_q28 + net->config.n_features;
    int32_t *p_q20 = moments(net, i);
    const uint64_t own_q28 = ((uint64_t)(DLM_ONE_Q16 - a_q16) * (uint32_t)p_q20[i] >> 8) + (a_q16 << 12);
    t_q16[i] = ((uint32_t)1 << 30) / dlm_isqrt(own_q28);
    for (uint32_t j = 0; j < i; j++) {
        const int64_t c_q28 = dlm_floor_shift((int64_t)(DLM_ONE_Q16 - a_q16) * p_q20[j], 8);
        const int64_t scaled = dlm_floor_shift(c_q28 * t_q16[i], 14);
        p_q20[j] = (int32_t)dlm_floor_shift(scaled * t_q16[j], 16);  // a correlation, Q30
    }
    p_q20[i] = (1 << 30) + DLM_KERNEL_RIDGE;
    dlm_factor_row(DLM_AT(net, int16_t, next->whitening), root_q28, i, (uint32_t *)p_q20);
}

void dlm_whitening(dlm_t *net, uint32_t j) {
    const uint32_t d = net->config.n_features, *root_q28 = DLM_AT(net, uint32_t, net->energy),
                   *t_q16 = root_q28 + d + j;
    int16_t *w_q10 = DLM_AT(net, int16_t, dlm_next(net)->whitening);
    int32_t *columns = DLM_AT(net, int32_t, net->columns);
    dlm_inverse_columns(w_q10, root_q28, d, j, columns);
    for (uint32_t i = j; i < d; i++) {
        int16_t *row = dlm_row(w_q10, i) + j;  // columns of the factor from here on are of no more use
        for (uint32_t r = 0; r < 4; r++) {
            const int32_t twice = r <= i - j ? dlm_mul_shift(columns[4 * i + r], (int32_t)(2 * t_q16[r]), 32) : 0;
            row[r] = (int16_t)dlm_floor_shift32(twice + 1, 1);
        }
    }
}

void dlm_whiten(const dlm_t *net, const dlm_network_t *network, int16_t *z_q8) {
    const uint32_t d = net->config.n_features;
    const int32_t limit = dlm_coordinate_max(d);
    int16_t *w_q10 = DLM_AT(net, int16_t, network->whitening);
    if (!dlm_whitens(&net->config)) {
        return;
    }
    for (uint32_t end = (d + 3) & ~3u; end; end -= 4) {  // no row needs those behind it
        int32_t sums_q18[4];
        dlm_dot4(z_q8, dlm_row(w_q10, end - 4), end, end < d ? end : d, sums_q18);
        for (uint32_t r = 0, k = end - 4; r < 4 && k < d; r++, k++) {
            z_q8[k] = (int16_t)dlm_saturate32(dlm_floor_shift32(sums_q18[r] + (1 << 9), 10), limit);
        }
    }
}

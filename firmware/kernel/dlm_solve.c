// SPDX-License-Identifier: MIT
// The direct solver: Gram matrix, Cholesky factor, its inverse, alpha and leave-one-out. Twin of host/deeplomath/solve.py.
// The packed triangle holds A, then L, then W = L^-1 in place; NUMERICS.md, Solver, proves the bounds given here.
#include "dlm_kernel.h"

void dlm_base_width(const int16_t *n_q8, uint32_t m, uint32_t n, uint32_t stride, dlm_width_t *width) {
    uint64_t squares = 0, squared_sums = 0;
    for (uint32_t k = 0; k < n; k++) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < m; i++) {
            int32_t value = n_q8[(size_t)i * stride + k];
            sum += value;
            squares += (uint32_t)(value * value);
        }
        squared_sums += (uint64_t)(sum * sum);
    }
    uint64_t spread = m * squares - squared_sums;  // the sum of squared distances over all pairs, below 2^50
    width->mantissa = width->shift = 0;
    if (spread == 0) {
        return;
    }
    const uint64_t pairs2 = (uint64_t)m * (m - 1);
    const int bits = (int)dlm_bit_length(spread), down = bits > 40 ? bits - 40 : 0;
    spread >>= down;
    const int natural = 16 + bits - down - (int)dlm_bit_length(pairs2);
    const int up = natural > 18 - down ? natural : 18 - down;
    width->mantissa = (uint32_t)((pairs2 << up) / spread);
    width->shift = (uint32_t)(up + down - 18);
}

void dlm_gram_row(const int16_t *n_q8, uint32_t i, uint32_t n, uint32_t stride, const dlm_width_t *width,
                  int32_t *packed) {
    int32_t *row = dlm_row(packed, i);
    for (uint32_t j = 0; j <= i; j++) {
        row[j] = (int32_t)dlm_gauss(dlm_distance2(n_q8 + (size_t)i * stride, n_q8 + (size_t)j * stride, n), width);
    }
}

// Sum of n products: Q30 x Q30, at most (1 + lambda) 2^60, or W T.
static int64_t dot(const int32_t *a, const int32_t *b, uint32_t n) {
    int64_t sum = 0;
    for (; n; n--) {
        sum += (int64_t)*a++ * *b++;
    }
    return sum;
}

void dlm_factor_row(int32_t *packed, uint32_t i) {
    int32_t *row = dlm_row(packed, i);
    for (uint32_t j = 0; j < i; j++) {
        const int32_t *above = dlm_row(packed, j);
        int64_t rest = (int64_t)((uint64_t)row[j] << 30) - dot(row, above, j);
        row[j] = (int32_t)dlm_round_shift(dlm_round_shift(rest, 30) * above[j], 26);
    }
    int64_t rest = (int64_t)((uint64_t)row[i] << 30) - dot(row, row, i);  // >= 2^60 / 34
    row[i] = (int32_t)(((uint64_t)1 << 56) / dlm_isqrt((uint64_t)rest));
}

void dlm_inverse_row(int32_t *packed, uint32_t i) {
    int32_t *row = dlm_row(packed, i);
    for (uint32_t j = 0; j < i; j++) {
        const int32_t *below = dlm_row(packed, j) + j;  // W_jj, then W_(j+1)j, ...
        int64_t sum = 0;                                // Q56, within 2^59
        for (uint32_t k = j; k < i; k++) {
            sum += (int64_t)row[k] * *below;
            below += k + 1;
        }
        row[j] = (int32_t)dlm_round_shift(-dlm_round_shift(sum, 30) * row[i], 26);
    }
}

// T of a regression: the event's value less their mean, in the largest deviation.
static int32_t value_target(const dlm_network_t *of, int32_t value) {
    const int64_t scaled = ((int64_t)value * 256 - of->target.mean_q8) * of->target.mantissa;  // below 2^41
    return dlm_saturate(dlm_round_shift(scaled, of->target.shift - 8), DLM_ONE_Q16);
}

int32_t dlm_value(const dlm_network_t *of, int32_t output_q16) {
    const int64_t shifted = (int64_t)((uint64_t)(int64_t)output_q16 << (of->target.shift - 8));  // within 2^45
    const int64_t mantissa = of->target.mantissa;
    const int64_t value = shifted >= 0 ? shifted / mantissa : -((mantissa - 1 - shifted) / mantissa);
    return of->target.mean_q8 + (int32_t)value;
}

int32_t dlm_target(const dlm_t *net, const dlm_network_t *of, uint32_t event, uint32_t class) {
    const int32_t label = DLM_AT(net, int16_t, of->label)[event];
    if (net->config.regression) {
        return value_target(of, label);
    }
    if (!(of->present >> class & 1)) {
        return 0;
    }
    const int32_t share = DLM_ONE_Q16 / of->n_present;
    return label == (int32_t)class ? DLM_ONE_Q16 - share : -share;
}

// W T for one class, Q20, within +-2^28. Uses the place of the reciprocals being tried for T.
static void moment(dlm_t *net, uint32_t class, int32_t *moment_q20) {
    const uint32_t m = dlm_next(net)->n_neurons;
    int32_t *target = DLM_AT(net, int32_t, net->reciprocal) + net->config.n_events;
    for (uint32_t i = 0; i < m; i++) {
        target[i] = dlm_target(net, dlm_next(net), i, class);
    }
    for (uint32_t i = 0; i < m; i++) {
        moment_q20[i] = (int32_t)dlm_round_shift(dot(dlm_row(DLM_AT(net, int32_t, net->packed), i), target, i + 1), 22);
    }
}

void dlm_alpha(dlm_t *net, uint32_t class) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t m = next->n_neurons, n_classes = net->config.n_classes;
    const int present = next->present >> class & 1;
    int32_t *w = DLM_AT(net, int32_t, net->packed), *moment_q20 = DLM_AT(net, int32_t, net->moment_q20);
    int32_t *alpha_q20 = DLM_AT(net, int32_t, net->candidate_q20);
    if (present) {
        moment(net, class, moment_q20);
    }
    for (uint32_t i = 0; i < m; i++) {
        int64_t sum = 0;  // Q46
        for (uint32_t k = i; present && k < m; k++) {
            sum += (int64_t)dlm_row(w, k)[i] * moment_q20[k];
        }
        alpha_q20[i * n_classes + class] = dlm_saturate(dlm_round_shift(sum, 26), INT32_MAX);
    }
}

// (A^-1)_ii = sum_k W_ki^2, within [0.96, 34]; its reciprocal in Q30.
void dlm_reciprocal(dlm_t *net, uint32_t i) {
    int32_t *w = DLM_AT(net, int32_t, net->packed);
    int64_t sum = 0;  // Q52
    for (uint32_t k = i; k < dlm_next(net)->n_neurons; k++) {
        int64_t value = dlm_row(w, k)[i];
        sum += value * value;
    }
    uint32_t *tried = DLM_AT(net, uint32_t, net->reciprocal) + net->config.n_events;
    tried[i] = (uint32_t)(((uint64_t)1 << 50) / (uint64_t)dlm_round_shift(sum, 32));
}

static int32_t residual(int32_t alpha_q20, uint32_t reciprocal_q30) {
    return dlm_saturate(dlm_round_shift((int64_t)alpha_q20 * reciprocal_q30, 34), DLM_KERNEL_ANSWER_MAX);
}

// Sum of residual^2, Q32, below 2^51.
static uint64_t leave_one_out_error(const dlm_t *net, const int32_t *alpha_q20, const uint32_t *reciprocal_q30) {
    uint64_t error = 0;
    for (uint32_t i = 0; i < dlm_next(net)->n_neurons; i++) {
        for (uint32_t c = 0; c < net->config.n_classes; c++) {
            int64_t miss = residual(*alpha_q20++, reciprocal_q30[i]);
            error += (uint64_t)(miss * miss);
        }
    }
    return error;
}

void dlm_choose(dlm_t *net, unsigned index, const dlm_width_t *width) {
    dlm_layer_t *layer = &dlm_next(net)->layers[index];
    const uint32_t m = dlm_next(net)->n_neurons;
    const int32_t *candidate = DLM_AT(net, int32_t, net->candidate_q20);
    uint32_t *kept = DLM_AT(net, uint32_t, net->reciprocal), *tried = kept + net->config.n_events;
    const uint64_t error = leave_one_out_error(net, candidate, tried);
    if (error < net->build.tried) {
        net->build.tried = error;
        layer->width = *width;
        memcpy(DLM_AT(net, int32_t, layer->alpha_q20), candidate, sizeof(int32_t) * m * net->config.n_classes);
        memcpy(kept, tried, sizeof(uint32_t) * m);
    }
}

int32_t dlm_left_out(const dlm_t *net, unsigned index, uint32_t event, uint32_t class) {
    const dlm_layer_t *layer = &dlm_next(net)->layers[index];
    int32_t alpha = DLM_AT(net, int32_t, layer->alpha_q20)[event * net->config.n_classes + class];
    int32_t miss = residual(alpha, DLM_AT(net, uint32_t, net->reciprocal)[event]);
    return dlm_saturate((int64_t)dlm_target(net, dlm_next(net), event, class) - miss, DLM_KERNEL_ANSWER_MAX);
}

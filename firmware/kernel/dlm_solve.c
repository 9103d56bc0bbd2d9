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

void dlm_gram(const int16_t *n_q8, uint32_t m, uint32_t n, uint32_t stride, const dlm_width_t *width, int32_t *packed) {
    for (uint32_t i = 0; i < m; i++) {
        int32_t *row = dlm_row(packed, i);
        for (uint32_t j = 0; j <= i; j++) {
            row[j] = (int32_t)dlm_gauss(dlm_distance2(n_q8 + (size_t)i * stride, n_q8 + (size_t)j * stride, n), width);
        }
    }
}

// Sum of n products, Q30 x Q30, at most (1 + lambda) 2^60.
static int64_t dot(const int32_t *a, const int32_t *b, uint32_t n) {
    int64_t sum = 0;
    for (; n; n--) {
        sum += (int64_t)*a++ * *b++;
    }
    return sum;
}

// A to L in place, Q30, but for the diagonal: 1 / L_jj, Q26.
static void factor(int32_t *packed, uint32_t m) {
    for (uint32_t i = 0; i < m; i++) {
        int32_t *row = dlm_row(packed, i);
        for (uint32_t j = 0; j < i; j++) {
            const int32_t *above = dlm_row(packed, j);
            int64_t rest = (int64_t)((uint64_t)row[j] << 30) - dot(row, above, j);
            row[j] = (int32_t)dlm_round_shift(dlm_round_shift(rest, 30) * above[j], 26);
        }
        int64_t rest = (int64_t)((uint64_t)row[i] << 30) - dot(row, row, i);  // >= 2^60 / 488
        row[i] = (int32_t)(((uint64_t)1 << 56) / dlm_isqrt((uint64_t)rest));
    }
}

void dlm_inverse_factor(int32_t *packed, uint32_t m) {
    factor(packed, m);
    for (uint32_t i = 1; i < m; i++) {
        int32_t *row = dlm_row(packed, i);
        for (uint32_t j = 0; j < i; j++) {
            const int32_t *below = dlm_row(packed, j) + j;  // W_jj, then W_(j+1)j, ...
            int64_t sum = 0;                                // Q56, within 2^61
            for (uint32_t k = j; k < i; k++) {
                sum += (int64_t)row[k] * *below;
                below += k + 1;
            }
            row[j] = (int32_t)dlm_round_shift(-dlm_round_shift(sum, 30) * row[i], 26);
        }
    }
}

// W T for one class, Q20, within +-2^29.
static void moment(const dlm_t *net, uint32_t class, int32_t *moment_q20) {
    const int32_t share = DLM_ONE_Q16 / net->n_present;
    const uint8_t *label = DLM_AT(net, uint8_t, net->label);
    const int32_t *w = DLM_AT(net, int32_t, net->packed);
    for (uint32_t i = 0; i < net->n_neurons; i++) {
        int64_t own = 0, all = 0;  // T = [own class] - share
        for (uint32_t j = 0; j <= i; j++, w++) {
            all += *w;
            own += label[j] == class ? *w : 0;
        }
        moment_q20[i] = (int32_t)dlm_round_shift(own * DLM_ONE_Q16 - all * share, 22);
    }
}

// alpha = W^T (W T) of the classes present, 0 of the others.
static void solve_alpha(dlm_t *net, int32_t *alpha_q20) {
    const uint32_t m = net->n_neurons, n_classes = net->config.n_classes;
    int32_t *w = DLM_AT(net, int32_t, net->packed), *moment_q20 = DLM_AT(net, int32_t, net->moment_q20);
    for (uint32_t c = 0; c < n_classes; c++) {
        const int present = net->present >> c & 1;
        if (present) {
            moment(net, c, moment_q20);
        }
        for (uint32_t i = 0; i < m; i++) {
            int64_t sum = 0;  // Q46
            for (uint32_t k = i; present && k < m; k++) {
                sum += (int64_t)dlm_row(w, k)[i] * moment_q20[k];
            }
            alpha_q20[i * n_classes + c] = dlm_saturate(dlm_round_shift(sum, 26), INT32_MAX);
        }
    }
}

// 1 / diag(A^-1) in Q30, diag(A^-1) = sum_k W_ki^2 within [0.96, 488].
static void reciprocal_diagonal(dlm_t *net, uint32_t *reciprocal_q30) {
    int32_t *w = DLM_AT(net, int32_t, net->packed);
    for (uint32_t i = 0; i < net->n_neurons; i++) {
        int64_t sum = 0;  // Q52
        for (uint32_t k = i; k < net->n_neurons; k++) {
            int64_t value = dlm_row(w, k)[i];
            sum += value * value;
        }
        reciprocal_q30[i] = (uint32_t)(((uint64_t)1 << 50) / (uint64_t)dlm_round_shift(sum, 32));
    }
}

static int32_t residual(int32_t alpha_q20, uint32_t reciprocal_q30) {
    return dlm_saturate(dlm_round_shift((int64_t)alpha_q20 * reciprocal_q30, 34), DLM_KERNEL_ANSWER_MAX);
}

// Sum of count * residual^2, Q32, below 2^54.
static uint64_t leave_one_out_error(const dlm_t *net, const int32_t *alpha_q20, const uint32_t *reciprocal_q30) {
    const uint8_t *count = DLM_AT(net, uint8_t, net->count);
    uint64_t error = 0;
    for (uint32_t i = 0; i < net->n_neurons; i++) {
        for (uint32_t c = 0; c < net->config.n_classes; c++) {
            int64_t miss = residual(*alpha_q20++, reciprocal_q30[i]);
            error += count[i] * (uint64_t)(miss * miss);
        }
    }
    return error;
}

void dlm_solve(dlm_t *net, unsigned index) {
    const uint32_t m = net->n_neurons, n = dlm_coordinates(&net->config, index),
                   stride = dlm_stride(&net->config, index);
    dlm_layer_t *layer = &net->layers[index];
    const int16_t *n_q8 = DLM_AT(net, int16_t, layer->n_q8);
    const uint8_t *count = DLM_AT(net, uint8_t, net->count);
    int32_t *packed = DLM_AT(net, int32_t, net->packed), *candidate = DLM_AT(net, int32_t, net->candidate_q20);
    uint32_t *kept = DLM_AT(net, uint32_t, net->reciprocal), *tried = kept + net->config.n_events;
    uint64_t best = UINT64_MAX;
    dlm_width_t width;
    dlm_base_width(n_q8, m, n, stride, &width);
    for (uint32_t wide = 0; wide < 2; wide++, width.shift += DLM_KERNEL_WIDTH_SHIFT) {
        dlm_gram(n_q8, m, n, stride, &width, packed);
        for (uint32_t i = 0; i < m; i++) {
            dlm_row(packed, i)[i] += DLM_KERNEL_RIDGE / count[i];
        }
        dlm_inverse_factor(packed, m);
        solve_alpha(net, candidate);
        reciprocal_diagonal(net, tried);
        uint64_t error = leave_one_out_error(net, candidate, tried);
        if (error < best) {
            best = error;
            layer->width = width;
            memcpy(DLM_AT(net, int32_t, layer->alpha_q20), candidate, sizeof(int32_t) * m * net->config.n_classes);
            memcpy(kept, tried, sizeof(uint32_t) * m);
        }
    }
}

int32_t dlm_left_out(const dlm_t *net, unsigned index, uint32_t event, uint32_t class) {
    int32_t alpha = DLM_AT(net, int32_t, net->layers[index].alpha_q20)[event * net->config.n_classes + class];
    int32_t miss = residual(alpha, DLM_AT(net, uint32_t, net->reciprocal)[event]);
    return dlm_saturate((int64_t)dlm_target(net, event, class) - miss, DLM_KERNEL_ANSWER_MAX);
}

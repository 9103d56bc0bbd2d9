// SPDX-License-Identifier: MIT
// What ctypes cannot reach by itself: the kernel's inline functions, and the arrays of a network. Used by implementations.py.
#include "../firmware/kernel/dlm_kernel.h"

uint32_t probe_exp2_neg(uint64_t x_q18) {
    return dlm_exp2_neg(x_q18);
}

int64_t probe_round_shift(int64_t value, unsigned bits) {
    return dlm_round_shift(value, bits);
}

int32_t probe_saturate(int64_t value, int32_t limit) {
    return dlm_saturate(value, limit);
}

int32_t probe_floor_div(int32_t value, int32_t divisor) {
    return dlm_floor_div(value, divisor);
}

uint64_t probe_distance2(const int16_t *a, const int16_t *b, uint32_t n) {
    return dlm_distance2(a, b, n);
}

uint32_t probe_spacing(const dlm_t *net) {
    return dlm_live(net)->spacing_q12;
}

int32_t probe_verdict(const dlm_t *net, uint32_t novelty_q12, int32_t margin_q16) {
    return dlm_verdict(dlm_live(net), novelty_q12, margin_q16);
}

// 0: scale of the features, 1: left-out novelties.
const void *probe_array(const dlm_t *net, unsigned which) {
    return which ? DLM_AT(net, void, dlm_live(net)->novelty_q12) : DLM_AT(net, void, dlm_live(net)->scale);
}

// 0: coordinates of the neurons, 1: squared metric, 2: alpha.
const void *probe_layer_array(const dlm_t *net, unsigned layer, unsigned which) {
    const dlm_layer_t *of = &dlm_live(net)->layers[layer];
    const uint32_t offsets[] = {of->n_q8, of->s2_q16, of->alpha_q20};
    return DLM_AT(net, void, offsets[which]);
}

uint32_t probe_stride(const dlm_t *net, unsigned layer) {
    return dlm_stride(&net->config, layer);
}

const dlm_width_t *probe_width(const dlm_t *net, unsigned layer) {
    return &dlm_live(net)->layers[layer].width;
}

// K of m rows of n coordinates into packed; then A with this ridge added to W in place.
void probe_gram(const int16_t *n_q8, uint32_t m, uint32_t n, const dlm_width_t *width, int32_t *packed) {
    for (uint32_t i = 0; i < m; i++) {
        dlm_gram_row(n_q8, i, n, n, width, packed);
    }
}

void probe_inverse_factor(int32_t *packed, uint32_t m) {
    for (uint32_t i = 0; i < m; i++) {
        dlm_factor_row(packed, i);
    }
    for (uint32_t i = 0; i < m; i++) {
        dlm_inverse_row(packed, i);
    }
}

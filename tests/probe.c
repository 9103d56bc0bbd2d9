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
    return net->spacing_q12;
}

const void *probe_array(const dlm_t *net, unsigned which) {
    const uint32_t offsets[] = {net->mean_q8, net->mantissa, net->shift, net->novelty_q12};
    return DLM_AT(net, void, offsets[which]);
}

const void *probe_layer_array(const dlm_t *net, unsigned layer, unsigned which) {
    const uint32_t offsets[] = {net->layers[layer].n_q8, net->layers[layer].s2_q16, net->layers[layer].alpha_q20};
    return DLM_AT(net, void, offsets[which]);
}

uint32_t probe_stride(const dlm_t *net, unsigned layer) {
    return dlm_stride(&net->config, layer);
}

const dlm_width_t *probe_width(const dlm_t *net, unsigned layer) {
    return &net->layers[layer].width;
}

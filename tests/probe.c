// SPDX-License-Identifier: MIT
// What ctypes cannot reach by itself: the kernel's inline functions, and the arrays of a network. Used by implementations.py.
#include "dlm_kernel.h"

uint32_t probe_exp2_neg(uint32_t x_q18) {
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

uint32_t probe_spacing(const dlm_t *net) {
    return dlm_live(net)->spacing_q12;
}

int32_t probe_verdict(const dlm_t *net, uint32_t novelty_q12, int32_t margin_q16) {
    return dlm_verdict(dlm_live(net), novelty_q12, margin_q16);
}

// 0: scale of the features, 1: left-out novelties, 2: the layers' scale, 3: windows, 4: coordinates in the known set.
const void *probe_array(const dlm_t *net, unsigned which) {
    const dlm_network_t *live = dlm_live(net);
    const uint32_t offsets[] = {live->scale, live->novelty_q12, live->layer_scale, live->window, live->z_q8};
    return DLM_AT(net, void, offsets[which]);
}

// Row i of W.
const int16_t *probe_whitening(const dlm_t *net, unsigned i) {
    return dlm_row(DLM_AT(net, int16_t, dlm_live(net)->whitening), i);
}

// Makes W of other coordinates of layer 0, int16 [m][d], and other labels [m].
void probe_make_whitening(dlm_t *net, const int16_t *z_q8, const int16_t *label) {
    const uint32_t d = net->config.n_features, m = net->n_events, stride = dlm_even(d);
    const dlm_network_t *next = dlm_next(net);
    *dlm_next(net) = *dlm_live(net);
    memcpy(DLM_AT(net, int16_t, next->label), label, m * sizeof(*label));
    for (uint32_t i = 0; i < m; i++) {
        memcpy(DLM_AT(net, int16_t, next->layers[0].scaled_q8) + i * stride, z_q8 + i * d, d * sizeof(*z_q8));
    }
    for (uint32_t k = 0; k < d; k++) {
        dlm_residuals(net, k);
    }
    dlm_begin_spread(net);
    for (uint32_t i = 0; i < d; i++) {
        dlm_add_spread(net, i);
    }
    dlm_shrinkage(net);
    for (uint32_t i = 0; i < d; i++) {
        dlm_correlation(net, i);
    }
    for (uint32_t j = 0; j < d; j += 4) {
        dlm_whitening(net, j);
    }
}

// z [d] whitened, in place.
void probe_whiten(const dlm_t *net, int16_t *z_q8) {
    dlm_whiten(net, dlm_live(net), z_q8);
}

uint32_t probe_share(const dlm_t *net, unsigned layer) {
    return dlm_live(net)->layers[layer].share_q16;
}

// 0: coordinates of the neurons, 1: squared metric, 2: alpha.
const void *probe_layer_array(const dlm_t *net, unsigned index, unsigned which) {
    const dlm_layer_t *layer = &dlm_live(net)->layers[index];
    const uint32_t offsets[] = {layer->scaled_q8, layer->s2_q16, layer->alpha};
    return DLM_AT(net, void, offsets[which]);
}

void probe_set_alpha_shift(const dlm_t *net, unsigned layer, uint32_t shift) {
    dlm_live(net)->layers[layer].alpha_shift = shift;
}

void probe_set_unknowns_met(dlm_t *net, uint32_t n) {
    net->n_unknowns_met = n;
}

uint32_t probe_stride(const dlm_t *net, unsigned layer) {
    return dlm_stride(&net->config, layer);
}

const dlm_width_t *probe_layer_width(const dlm_t *net, unsigned layer) {
    return &dlm_live(net)->layers[layer].width;
}

// K of m rows of n coordinates, Q30 [m][m], its lower triangle.
void probe_gram(const int16_t *scaled_q8, uint32_t m, uint32_t n, uint32_t stride, const dlm_width_t *width,
                const uint32_t *norm, uint32_t *k_q30) {
    for (uint32_t i = 0; i < m; i++) {
        uint32_t *row = k_q30 + (size_t)i * m;
        dlm_distance_row(scaled_q8, norm, i, n, stride, row, i);
        dlm_gram_row(row, i, width, row);
        row[i] = (uint32_t)1 << 30;
    }
}

// The factor of A, Q30 [m][m]: packed L, roots, and four columns of W at a time, [(m + 3) / 4][m][4].
void probe_factor(const uint32_t *a_q30, uint32_t m, int16_t *packed, uint32_t *root_q28, int32_t *w_q26) {
    for (uint32_t i = 0; i < m; i++) {
        dlm_factor_row(packed, root_q28, i, a_q30 + (size_t)i * m);
    }
    for (uint32_t j = 0; j < m; j += 4) {
        dlm_inverse_columns(packed, root_q28, m, j, w_q26 + (size_t)j * m);
    }
}

void probe_width(const int16_t *scaled_q8, uint32_t m, uint32_t n, uint32_t stride, dlm_width_t *width,
                 uint32_t *norm) {
    dlm_norms(scaled_q8, m, n, stride, norm);
    dlm_base_width(scaled_q8, norm, m, n, stride, width);
}

// A whole network of one layer, whose factor is at hand, made the one that is being made; V, n values of its only class, put in.
static void resume(dlm_t *net, const int16_t *v, uint32_t n) {
    *dlm_next(net) = *dlm_live(net);
    memcpy(DLM_AT(net, int16_t, net->v_q11), v, n * sizeof(*v));
}

// V of event i, from V of the events before it.
int32_t probe_substitute(dlm_t *net, uint32_t i, const int16_t *v) {
    resume(net, v, i);
    dlm_substitute(net, i);
    return DLM_AT(net, int16_t, net->v_q11)[i];
}

// alpha Q21 [m] in 16 bits, where it answers, and its shift.
uint32_t probe_keep(dlm_t *net, const int32_t *alpha_q21, int16_t *kept) {
    const uint32_t m = dlm_live(net)->n_neurons;
    *dlm_next(net) = *dlm_live(net);
    memcpy(DLM_AT(net, int32_t, net->alpha_q21), alpha_q21, m * sizeof(*alpha_q21));
    dlm_keep(net, 0);
    memcpy(kept, DLM_AT(net, int16_t, dlm_next(net)->layers[0].alpha), m * sizeof(*kept));
    return dlm_next(net)->layers[0].alpha_shift;
}

// alpha [m] from V [m].
const int32_t *probe_alpha(dlm_t *net, const int16_t *v) {
    const uint32_t m = dlm_live(net)->n_neurons;
    resume(net, v, m);
    for (uint32_t j = 0; j < m; j += 4) {
        dlm_alpha(net, j);
    }
    return DLM_AT(net, int32_t, net->alpha_q21);
}

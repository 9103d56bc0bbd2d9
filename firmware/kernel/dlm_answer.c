// SPDX-License-Identifier: MIT
// What the network says of an event. Twin of host/deeplomath/mirror/answer.py. NUMERICS.md, Network.
#include "dlm_kernel.h"

// The nearest events, nearest first.
typedef struct {
    uint32_t distance2[DLM_LIMIT_NEAREST];
    uint32_t id[DLM_LIMIT_NEAREST];
} nearest_t;

static void meet(nearest_t *nearest, uint32_t id, uint32_t distance2) {
    uint32_t at = DLM_LIMIT_NEAREST;
    for (; at && distance2 < nearest->distance2[at - 1]; at--) {
        if (at < DLM_LIMIT_NEAREST) {
            nearest->distance2[at] = nearest->distance2[at - 1];
            nearest->id[at] = nearest->id[at - 1];
        }
    }
    if (at < DLM_LIMIT_NEAREST) {
        nearest->distance2[at] = distance2;
        nearest->id[at] = id;
    }
}

// Squared distances of z, in which the known set is measured, to the events, into columns; and the nearest of them.
static void find_nearest(const dlm_t *net, const int16_t *z_q8, nearest_t *nearest) {
    const dlm_network_t *live = dlm_live(net);
    const uint32_t *id = DLM_AT(net, uint32_t, live->id);
    uint32_t *distance2 = DLM_AT(net, uint32_t, net->columns);
    const int16_t *neurons = DLM_AT(net, int16_t, live->z_q8);
    dlm_distances(z_q8, neurons, net->config.n_features, dlm_stride(&net->config, 0), distance2, live->n_neurons);
    memset(nearest, 0xff, sizeof(*nearest));
    for (uint32_t j = 0; j < live->n_neurons; j++) {
        if (distance2[j] < nearest->distance2[DLM_LIMIT_NEAREST - 1]) {
            meet(nearest, id[j], distance2[j]);
        }
    }
}

// Answers Q16 [C] of layer `index` at scaled_q8.
static void answer_layer(const dlm_t *net, unsigned index, const int16_t *scaled_q8, int32_t *answers_q16) {
    const dlm_network_t *live = dlm_live(net);
    const dlm_layer_t *layer = &live->layers[index];
    const uint32_t n = dlm_coordinates(&net->config, index), stride = dlm_stride(&net->config, index);
    const uint32_t m = live->n_neurons;
    const int16_t *neurons = DLM_AT(net, int16_t, layer->scaled_q8);
    const int16_t *alpha = DLM_AT(net, int16_t, layer->alpha);
    int16_t *k_q15 = DLM_AT(net, int16_t, net->query_k_q15);
    uint32_t *k_q30 = DLM_AT(net, uint32_t, net->columns);
    dlm_distances(scaled_q8, neurons, n, stride, k_q30, m);
    dlm_gram_row(k_q30, m, &layer->width, k_q30);
    uint32_t left = m;
    do {
        *k_q15++ = dlm_q15(*k_q30++);
    } while (--left);
    k_q15 -= m;
    for (uint32_t c = 0; c < net->config.n_classes; c += 2, alpha += 2 * dlm_even(m)) {
        const uint32_t last = c + 1 < net->config.n_classes;
        int64_t sums[2];
        dlm_dot2_wide(k_q15, alpha, alpha + last * dlm_even(m), m, sums);
        for (uint32_t r = 0; r <= last; r++) {
            answers_q16[c + r] = dlm_round_saturate(sums[r], 20 - layer->alpha_shift, DLM_KERNEL_ANSWER_MAX);
        }
    }
}

// Outputs Q16 [C], the answers of all layers mixed; scaled_q8 and base_q8 have room for a row each.
static void answer_layers(const dlm_t *net, const int16_t *x, int16_t *scaled_q8, int16_t *base_q8,
                          int32_t *outputs_q16) {
    const dlm_network_t *live = dlm_live(net);
    int32_t answers[DLM_LIMIT_CLASSES];
    dlm_base_coordinates(net, live, x, scaled_q8);
    answer_layer(net, 0, scaled_q8, outputs_q16);  // the share of layer 0 is 1
    if (live->depth > 1) {
        memcpy(base_q8, scaled_q8, sizeof(int16_t) * net->config.n_features);
        memcpy(answers, outputs_q16, sizeof(answers));
        dlm_whiten(net, live, base_q8);
    }
    for (unsigned index = 1; index < live->depth; index++) {
        dlm_layer_coordinates(net, live, index, base_q8, 1, answers, 1, scaled_q8);
        answer_layer(net, index, scaled_q8, answers);
        for (uint32_t c = 0; c < net->config.n_classes; c++) {
            outputs_q16[c] = dlm_mix(outputs_q16[c], answers[c], live->layers[index].share_q16);
        }
    }
}

void dlm_answer(dlm_t *net, const int16_t *x, dlm_answer_t *answer) {
    const dlm_network_t *live = dlm_live(net);
    nearest_t nearest;
    memset(answer, 0, sizeof(*answer));
    answer->label = -1;
    answer->novelty_q12 = DLM_CONTOUR_NOVELTY_MAX;
    if (!live->n_neurons) {
        return;
    }
    int16_t *z = DLM_AT(net, int16_t, net->query_q8);
    const uint32_t stride = dlm_stride(&net->config, 1);
    answer_layers(net, x, z + stride, z + 2 * stride, answer->outputs_q16);
    dlm_first_coordinates(net, live, x, z);
    find_nearest(net, z, &nearest);
    const uint32_t label = dlm_best_class(net, live, answer->outputs_q16);
    answer->label = (int32_t)label;
    answer->margin_q16 = dlm_margin(live, answer->outputs_q16, label);
    answer->distance_q12 = dlm_distance(nearest.distance2[0]);
    answer->novelty_q12 = dlm_novelty(live, answer->distance_q12, answer->margin_q16);
    answer->verdict = dlm_verdict(live, answer->novelty_q12, answer->margin_q16);
    answer->confidence_q16 = dlm_confidence(live, answer->margin_q16);
    answer->value_q8 = net->config.regression ? dlm_value(live, answer->outputs_q16[0]) : 0;
    answer->n_nearest = live->n_neurons < DLM_LIMIT_NEAREST ? live->n_neurons : DLM_LIMIT_NEAREST;
    memcpy(answer->nearest, nearest.id, sizeof(uint32_t) * answer->n_nearest);
}

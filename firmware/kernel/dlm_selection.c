// SPDX-License-Identifier: MIT
// Which event absorbs a new one, and which goes for it. Twin of host/deeplomath/mirror/selection.py. NUMERICS.md,
// Memory.
#include "dlm_kernel.h"

// Whether the network already answers an event of this label with margin, or a regression with precision.
static int answers_well(const dlm_t *net, const dlm_answer_t *answer, int32_t label) {
    const dlm_network_t *live = dlm_live(net);
    if (answer->novelty_q12 > live->level_q12 || (live->n_present == 1 && answer->novelty_q12 > DLM_ONE_Q12)) {
        return 0;  // where no other class sets a margin, only what is as near as events of a class usually are
    }
    if (!net->config.regression) {
        return answer->label == label && answer->margin_q16 > DLM_MEMORY_ABSORB_MARGIN;
    }
    const int64_t miss = (int64_t)label * 256 - answer->value_q8;
    const int64_t scaled = (miss < 0 ? -miss : miss) * live->target.mantissa;  // below 2^42
    return dlm_round_saturate(scaled, live->target.shift - 8, INT32_MAX) <= DLM_MEMORY_ABSORB_MISS;
}

int32_t dlm_absorber(const dlm_t *net, const dlm_answer_t *answer, int32_t label) {
    const dlm_network_t *live = dlm_live(net);
    const uint32_t d = net->config.n_features, stride = dlm_stride(&net->config, 0);
    const int16_t *z = DLM_AT(net, int16_t, net->query_q8), *neuron = DLM_AT(net, int16_t, live->layers[0].scaled_q8);
    const int16_t *neuron_label = DLM_AT(net, int16_t, live->label);
    uint32_t nearest = UINT32_MAX;
    int32_t found = -1;
    if (!answers_well(net, answer, label)) {
        return -1;
    }
    for (uint32_t i = 0; i < live->n_neurons; i++, neuron += stride) {
        const uint32_t distance2 = dlm_distance2(z, neuron, d);
        if (dlm_class(net, neuron_label[i]) == dlm_class(net, (int16_t)label) && distance2 < nearest) {
            nearest = distance2;
            found = (int32_t)dlm_event_of_neuron(i, live->n_neurons);
        }
    }
    return found;
}

// What the left-out margin of neuron i lacks of 1, Q16.
static int32_t lack(const dlm_t *net, uint32_t i) {
    int32_t outputs[DLM_LIMIT_CLASSES];
    const int16_t label = DLM_AT(net, int16_t, dlm_live(net)->label)[i];
    dlm_left_out_outputs(net, dlm_live(net), i, outputs);
    if (net->config.regression) {
        const int32_t miss = dlm_own_target(net, dlm_live(net), label) - outputs[0];
        return miss < 0 ? -miss : miss;
    }
    return DLM_ONE_Q16 - dlm_margin(net, dlm_live(net), outputs, dlm_class(net, label));
}

int32_t dlm_least_useful(dlm_t *net, uint8_t *reason) {
    const uint32_t m = net->n_events;
    const dlm_event_t *events = dlm_events(net);
    const uint32_t *nearest = DLM_AT(net, uint32_t, net->nearest_own);
    uint32_t members[DLM_LIMIT_CLASSES];
    int32_t least = INT32_MAX, least_ageless = INT32_MAX;
    int32_t found = -1, found_ageless = -1;
    dlm_count_members(net, members);
    for (uint32_t i = 0; i < m; i++) {
        const uint32_t at = dlm_event_of_neuron(i, m);
        if (members[dlm_class(net, events[at].label)] <= 2) {
            continue;
        }
        const uint32_t distance =
            dlm_novelty(dlm_live(net), dlm_distance(nearest[i]), DLM_ONE_Q16);  // in spacings, Q12
        const uint32_t untouched = net->clock - events[at].touched;
        const uint32_t age = (untouched < DLM_MEMORY_AGE ? untouched : DLM_MEMORY_AGE) * DLM_MEMORY_WEIGHT_AGE;  // 2^30
        const int32_t ageless = lack(net, i) + (int32_t)(distance << DLM_MEMORY_DISTANCE_SHIFT);                 // 2^22
        const int32_t use = ageless - (int32_t)(age / net->config.n_events);
        if (use < least) {
            least = use;
            found = (int32_t)at;
        }
        if (ageless < least_ageless) {
            least_ageless = ageless;
            found_ageless = (int32_t)at;
        }
    }
    *reason = found == found_ageless ? DLM_REASON_REDUNDANT : DLM_REASON_AGED;
    return found;
}

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
    const int64_t scaled = (miss < 0 ? -miss : miss) * live->target.mantissa;  // below 2^57
    return dlm_round_saturate(scaled, live->target.shift - 8, INT32_MAX) <= DLM_MEMORY_ABSORB_MISS;
}

int32_t dlm_absorber(const dlm_t *net, const dlm_answer_t *answer, int32_t label) {
    const dlm_network_t *live = dlm_live(net);
    const uint32_t *distance2 = DLM_AT(net, uint32_t, net->columns), own = dlm_class(net, (int16_t)label);
    const int16_t *neuron_label = DLM_AT(net, int16_t, live->label);
    uint32_t nearest = UINT32_MAX;
    int32_t found = -1;
    if (!answers_well(net, answer, label)) {
        return -1;
    }
    for (uint32_t i = 0; i < live->n_neurons; i++) {
        if (dlm_class(net, neuron_label[i]) == own && distance2[i] < nearest) {
            nearest = distance2[i];
            found = (int32_t)i;
        }
    }
    return found;
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
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
    return DLM_ONE_Q16 - dlm_margin(dlm_live(net), outputs, dlm_class(net, label));
}

// How many of 2^10 sure answers of the experience were wrong, where some sure hits are taken for granted: below 2^10.
static int32_t sure_misses(const dlm_t *net) {
    int32_t sure = DLM_MEMORY_DOUBT_PRIOR, misses = 0;
    for (uint32_t i = 0; i < net->n_experience; i++) {
        const uint32_t answered = dlm_experience(net)[i].margin_q8;
        if ((answered & DLM_MARGIN) > DLM_MEMORY_DOUBT_MARGIN) {
            sure++;
            misses += !(answered & DLM_HIT);
        }
    }
    return misses * 1024 / sure;
}

// Age of an event that was not touched in so many learns of its class, in learns of all: at most DLM_MEMORY_AGE.
static uint32_t age_of(const dlm_t *net, uint32_t untouched) {
    const uint32_t ages = smaller(untouched, DLM_MEMORY_AGE) * dlm_live(net)->n_present;  // 2^20
    return smaller(ages, DLM_MEMORY_AGE);
}

// Doubt in the label of an event, Q16: what it lacks too much, times the rate of sure misses, times its age in budgets.
static int32_t doubt(int32_t lack_q16, uint32_t age, uint32_t budget, int32_t rate_q10) {
    const uint32_t aged_q10 = (smaller(age, budget) << 10) / budget;
    const int32_t beyond = lack_q16 < DLM_MEMORY_DOUBT_LACK ? 0 : lack_q16 - DLM_MEMORY_DOUBT_LACK;  // 2^20
    return (beyond * rate_q10 >> 10) * (int32_t)aged_q10 >> DLM_MEMORY_DOUBT_SHIFT;                  // 2^30 >> 4
}

// Uses of neuron i, Q16: [0] without age and doubt, [1] without the doubt, [2] with both. rate_q10: of sure_misses.
static void uses(const dlm_t *net, uint32_t i, const dlm_event_t *event, int32_t rate_q10, int32_t *use_q16) {
    const dlm_network_t *live = dlm_live(net);
    const uint32_t budget = net->config.n_events;
    const uint32_t age = age_of(net, *dlm_class_clock(net, event->label) - event->touched);
    const uint32_t distance =
        dlm_novelty(live, dlm_distance(DLM_AT(net, uint32_t, net->nearest_own)[i]), DLM_ONE_Q16);  // in spacings, Q12
    const int32_t lacks = lack(net, i);                                                            // 2^21
    use_q16[0] = lacks + (int32_t)(distance << DLM_MEMORY_DISTANCE_SHIFT);                         // 2^22
    use_q16[1] = use_q16[0] - (int32_t)(age * DLM_MEMORY_WEIGHT_AGE / budget);                     // 2^30
    use_q16[2] = use_q16[1] - doubt(lacks, age, budget, rate_q10);                                 // 2^26
}

int32_t dlm_least_useful(dlm_t *net, uint8_t *reason) {
    const uint32_t m = net->n_events;
    const int32_t rate_q10 = sure_misses(net);
    uint32_t members[DLM_LIMIT_CLASSES];
    int32_t least[3] = {INT32_MAX, INT32_MAX, INT32_MAX}, found[3] = {-1, -1, -1}, use_q16[3];
    dlm_count_members(net, members);
    for (uint32_t i = 0; i < m; i++) {
        const dlm_event_t *event = &dlm_events(net)[i];
        if (members[dlm_class(net, event->label)] <= 2) {
            continue;
        }
        uses(net, i, event, rate_q10, use_q16);
        for (uint32_t k = 0; k < 3; k++) {
            if (use_q16[k] < least[k]) {
                least[k] = use_q16[k];
                found[k] = (int32_t)i;
            }
        }
    }
    *reason = found[2] == found[0] ? DLM_REASON_REDUNDANT : found[2] == found[1] ? DLM_REASON_AGED : DLM_REASON_DOUBTED;
    return found[2];
}

// SPDX-License-Identifier: MIT
// The known set: spacing, novelty, level, verdict, confidence. Twin of host/deeplomath/mirror/contour.py. NUMERICS.md,
// Contour.
#include "dlm_kernel.h"

#define NO_EVENT UINT32_MAX  // above every squared distance

uint32_t dlm_distance(uint32_t distance2_q16) {
    return dlm_isqrt((uint64_t)distance2_q16 << 8);
}

int32_t dlm_margin(const dlm_network_t *network, const int32_t *outputs_q16, uint32_t class) {
    int32_t other = INT32_MIN;
    for (uint32_t c = 0, present = network->present & ~(1u << class); present; c++, present >>= 1) {
        if (present & 1 && outputs_q16[c] > other) {
            other = outputs_q16[c];
        }
    }
    return network->n_present > 1 ? outputs_q16[class] - other : DLM_ONE_Q16;
}

uint32_t dlm_best_class(const dlm_t *net, const dlm_network_t *network, const int32_t *outputs_q16) {
    uint32_t best = DLM_LIMIT_CLASSES;
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        if (network->present >> c & 1 && (best == DLM_LIMIT_CLASSES || outputs_q16[c] > outputs_q16[best])) {
            best = c;
        }
    }
    return best;
}

uint32_t dlm_novelty(const dlm_network_t *network, uint32_t distance_q12, int32_t margin_q16) {
    uint64_t novelty = ((uint64_t)distance_q12 << 12) / network->spacing_q12;
    if (margin_q16 < DLM_ONE_Q16) {
        novelty += (uint32_t)(DLM_ONE_Q16 - margin_q16) >> DLM_CONTOUR_LACK_SHIFT;
    }
    return novelty < DLM_CONTOUR_NOVELTY_MAX ? (uint32_t)novelty : DLM_CONTOUR_NOVELTY_MAX;
}

int32_t dlm_verdict(const dlm_network_t *network, uint32_t novelty_q12, int32_t margin_q16) {
    if (novelty_q12 > network->level_q12) {
        return DLM_VERDICT_UNKNOWN;
    }
    return margin_q16 >= DLM_CONTOUR_MARGIN_KNOWN ? DLM_VERDICT_KNOWN : DLM_VERDICT_UNCERTAIN;
}

int32_t dlm_margin_q8(int32_t margin_q16) {
    return (margin_q16 > DLM_ONE_Q16 ? DLM_ONE_Q16 : margin_q16) >> 8;
}

int32_t dlm_confidence(const dlm_network_t *network, int32_t margin_q16) {
    const int32_t confidence =  // both terms within 0..2^17
        network->confidence_at_zero_q16 +
        dlm_floor_shift32(network->confidence_slope_q16 * dlm_margin_q8(margin_q16), 8);
    return confidence > DLM_ONE_Q16 ? DLM_ONE_Q16 : confidence;
}

static void lower(uint32_t *nearest, uint32_t distance2) {
    if (distance2 < *nearest) {
        *nearest = distance2;
    }
}

// Of i pairs, as dlm_nearest_row; the labels of the others go on by `step`.
#if defined(__ARM_FEATURE_DSP)
#include "dlm_contour_dsp.h"
#else

static void lower_pairs(const uint32_t *distance2_q16, uint32_t *any, uint32_t *own, const int16_t *label,
                        uint32_t step, int32_t own_label, uint32_t i) {
    uint32_t nearest_own = NO_EVENT, nearest_any = NO_EVENT;
    for (; i; i--, label += step, any++, own++) {
        const uint32_t distance2 = *distance2_q16++;
        lower(&nearest_any, distance2);
        lower(any, distance2);
        if (*label == own_label) {
            lower(&nearest_own, distance2);
            lower(own, distance2);
        }
    }
    *own = nearest_own;
    *any = nearest_any;
}

#endif

void dlm_nearest_row(const dlm_t *net, uint32_t i, const uint32_t *distance2_q16) {
    const int16_t *label = DLM_AT(net, int16_t, dlm_next(net)->label);
    const uint32_t step = !net->config.regression;  // of values, each is of the class of the first
    lower_pairs(distance2_q16, DLM_AT(net, uint32_t, net->nearest_any), DLM_AT(net, uint32_t, net->nearest_own),
                step ? label : label + i, step, label[i], i);
}

// The upper median of the distances above 0, of which nearest [m] holds the squares, Q12, divided; 0 if there is none.
// The least distance is 16: a quarter of it is not 0.
static uint32_t median_positive(const dlm_t *net, uint32_t nearest, uint32_t divisor) {
    const uint32_t *distance2 = DLM_AT(net, uint32_t, nearest);
    uint32_t *ranked = DLM_AT(net, uint32_t, net->ranked), n = 0;
    for (uint32_t i = net->n_events; i; i--, distance2++) {
        if (*distance2 + 1 > 1) {  // neither 0 nor NO_EVENT
            ranked[n++] = *distance2;
        }
    }
    return n ? dlm_distance(dlm_select(ranked, n, n / 2)) / divisor : 0;
}

// What is usual between events of a class; where no two are apart, a quarter of what is usual between any, or 1.
static uint32_t spacing(const dlm_t *net) {
    uint32_t found = median_positive(net, net->nearest_own, 1);
    found = found ? found : median_positive(net, net->nearest_any, 4);
    return found ? found : DLM_ONE_Q12;
}

void dlm_left_out_outputs(const dlm_t *net, const dlm_network_t *network, uint32_t i, int32_t *outputs_q16) {
    const int32_t *mixed = DLM_AT(net, int32_t, net->mixed_q16) + i;
    for (uint32_t c = 0; c < net->config.n_classes; c++, mixed += network->n_neurons) {
        outputs_q16[c] = *mixed;
    }
}

// Of the events whose class has another one.
static void set_novelties(dlm_t *net, const uint32_t *nearest) {
    dlm_network_t *next = dlm_next(net);
    const int16_t *label = DLM_AT(net, int16_t, next->label);
    uint16_t *novelty = DLM_AT(net, uint16_t, next->novelty_q12);
    uint32_t members[DLM_LIMIT_CLASSES];
    int32_t outputs[DLM_LIMIT_CLASSES];
    dlm_count_members(net, members);
    for (uint32_t i = 0; i < next->n_neurons; i++) {
        const uint32_t class = dlm_class(net, label[i]);
        dlm_left_out_outputs(net, next, i, outputs);
        novelty[i] = DLM_CONTOUR_NOVELTY_MAX;
        if (members[class] > 1) {
            const int32_t margin = dlm_margin(next, outputs, class);
            const uint32_t found = dlm_novelty(next, dlm_distance(nearest[i]), margin);
            novelty[i] = (uint16_t)(found - (found == DLM_CONTOUR_NOVELTY_MAX));
        }
    }
}

// The one of DLM_MEMORY_EXPERIENCE novelties that false_reject_permille of one more draw exceed, by the nearest rank; the
// largest if the rate is small.
static uint32_t quantile(uint32_t *novelty, uint32_t false_reject_permille) {
    const uint32_t n = DLM_MEMORY_EXPERIENCE;
    const uint32_t rank =
        ((n + 1) * (1000 - false_reject_permille) + 500) / 1000;  // at least 65: the rate is at most 1/2
    return dlm_select(novelty, n, (rank > n ? n : rank) - 1);
}

// From what was met, as it would be met now where that is less: an event inserted is met again by what is left out of
// it. What is expected of events not met yet fills it up: as draws of an exponential law would lie.
static void set_level(dlm_t *net, dlm_network_t *network) {
    const uint32_t *id = DLM_AT(net, uint32_t, network->id);
    const uint16_t *left_out = DLM_AT(net, uint16_t, network->novelty_q12);
    uint32_t *novelty = DLM_AT(net, uint32_t, net->ranked), n = 0;
    for (; n < net->n_experience; n++) {
        const dlm_experience_t *entry = &dlm_experience(net)[n];
        novelty[n] = entry->novelty_q12;
        for (uint32_t i = 0; entry->margin_q8 & DLM_INSERTED && i < network->n_neurons; i++) {
            if (id[i] == entry->event) {
                lower(&novelty[n], left_out[i]);
                break;
            }
        }
    }
    for (uint32_t expected = DLM_CONTOUR_EXPECTED; n < DLM_MEMORY_EXPERIENCE; n++) {
        expected += DLM_CONTOUR_EXPECTED / (DLM_MEMORY_EXPERIENCE - n);
        novelty[n] = expected;
    }
    const uint32_t level = quantile(novelty, net->config.false_reject_permille);
    network->level_q12 = level - (level == DLM_CONTOUR_NOVELTY_MAX);  // something must be unknown
}

// Sums over pairs of a margin q, Q8, and a hit h, in halves.
typedef struct {
    int32_t n, q, qq, h, qh;  // of at most 642 pairs: below 2^26
} line_t;

static void add_point(line_t *line, int32_t margin_q8, int hit) {
    line->n++;
    line->q += margin_q8;
    line->qq += margin_q8 * margin_q8;
    line->h += hit ? 2 : 0;
    line->qh += hit ? 2 * margin_q8 : 0;
}

// Whether the stated rate is at least one in the experience.
static int enough_experience(const dlm_t *net) {
    return (net->n_experience + 1u) * net->config.false_reject_permille >= 1000;
}

// The line hit = at_zero + slope margin through what was answered before learning, and through the left-out answers
// while there is not enough of it; least squares, with two events taken for granted: at margin 0 half a hit, at margin
// 1 a whole one.
static void set_confidence(dlm_t *net, dlm_network_t *network) {
    line_t line = {.n = 2, .q = 256, .qq = 65536, .h = 3, .qh = 512};
    int32_t outputs[DLM_LIMIT_CLASSES];
    for (uint32_t i = 0; i < net->n_experience; i++) {
        const uint16_t answered = dlm_experience(net)[i].margin_q8;
        add_point(&line, answered & DLM_MARGIN, answered & DLM_HIT);
    }
    for (uint32_t i = 0; !enough_experience(net) && i < network->n_neurons; i++) {
        dlm_left_out_outputs(net, network, i, outputs);
        const uint32_t answered = dlm_best_class(net, network, outputs);
        const int32_t margin = dlm_margin(network, outputs, answered);
        add_point(&line, dlm_margin_q8(margin), answered == dlm_class(net, DLM_AT(net, int16_t, network->label)[i]));
    }
    const int64_t rise = (int64_t)(line.n * line.qh - line.q * line.h) * (1 << 23);  // Q8 of halves: to Q16 of wholes
    const int64_t slope = rise / ((int64_t)line.n * line.qq - (int64_t)line.q * line.q);
    network->confidence_slope_q16 = (int32_t)(slope < 0 ? 0 : slope > 2 * DLM_ONE_Q16 ? 2 * DLM_ONE_Q16 : slope);
    const int32_t rest = line.h * 32768 - (int32_t)dlm_floor_shift((int64_t)network->confidence_slope_q16 * line.q, 8);
    network->confidence_at_zero_q16 = (int32_t)(rest < 0 ? 0 : rest / line.n);
}

void dlm_learn_from_experience(dlm_t *net, dlm_network_t *network) {
    set_level(net, network);
    set_confidence(net, network);
}

void dlm_contour(dlm_t *net) {
    dlm_next(net)->spacing_q12 = spacing(net);
    set_novelties(net, DLM_AT(net, uint32_t, net->nearest_any));
    dlm_learn_from_experience(net, dlm_next(net));
}

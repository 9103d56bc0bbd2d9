// SPDX-License-Identifier: MIT
// The known set: spacing, novelty, level and verdict. Twin of host/deeplomath/contour.py. NUMERICS.md, Contour.
#include "dlm_kernel.h"

#define NO_EVENT UINT64_MAX

uint32_t dlm_distance(uint64_t distance2_q16) {
    return dlm_isqrt(distance2_q16 << 8);
}

int32_t dlm_margin(const dlm_t *net, const int32_t *outputs_q16, uint32_t label) {
    int32_t other = INT32_MIN;
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        if (c != label && net->present >> c & 1 && outputs_q16[c] > other) {
            other = outputs_q16[c];
        }
    }
    return net->n_present > 1 ? outputs_q16[label] - other : DLM_ONE_Q16;
}

uint32_t dlm_novelty(const dlm_t *net, uint32_t distance_q12, int32_t margin_q16) {
    uint64_t novelty = ((uint64_t)distance_q12 << 12) / net->spacing_q12;
    if (margin_q16 < DLM_ONE_Q16) {
        novelty += (uint32_t)(DLM_ONE_Q16 - margin_q16) >> DLM_CONTOUR_LACK_SHIFT;
    }
    return novelty < DLM_CONTOUR_NOVELTY_MAX ? (uint32_t)novelty : DLM_CONTOUR_NOVELTY_MAX;
}

int32_t dlm_verdict(const dlm_t *net, uint32_t novelty_q12, int32_t margin_q16) {
    if (novelty_q12 > net->level_q12) {
        return DLM_VERDICT_UNKNOWN;
    }
    return margin_q16 >= DLM_CONTOUR_MARGIN_KNOWN ? DLM_VERDICT_KNOWN : DLM_VERDICT_UNCERTAIN;
}

// Squared distance in the first metric from each event to the nearest other one (of its class, if same_class); NO_EVENT if none.
static void nearest_events(const dlm_t *net, int same_class, uint64_t *nearest) {
    const uint32_t m = net->n_neurons, d = net->config.n_features, stride = dlm_stride(&net->config, 0);
    const int16_t *z = DLM_AT(net, int16_t, net->layers[0].n_q8);
    const uint8_t *label = DLM_AT(net, uint8_t, net->label);
    for (uint32_t i = 0; i < m; i++) {
        nearest[i] = NO_EVENT;
        for (uint32_t j = 0; j < i; j++) {
            if (same_class && label[i] != label[j]) {
                continue;
            }
            uint64_t distance2 = dlm_distance2(z + (size_t)i * stride, z + (size_t)j * stride, d);
            nearest[i] = distance2 < nearest[i] ? distance2 : nearest[i];
            nearest[j] = distance2 < nearest[j] ? distance2 : nearest[j];
        }
    }
}

// Puts value into sorted [n], which keeps its order.
static void insert_sorted(uint32_t *sorted, uint32_t n, uint32_t value) {
    for (; n && sorted[n - 1] > value; n--) {
        sorted[n] = sorted[n - 1];
    }
    sorted[n] = value;
}

// The upper median of the distances above 0, Q12, divided; 0 if there is none.
static uint32_t median_positive(const uint64_t *nearest, uint32_t m, uint32_t divisor, uint32_t *sorted) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < m; i++) {
        if (nearest[i] != NO_EVENT && nearest[i] > 0) {
            insert_sorted(sorted, n++, dlm_distance(nearest[i]));
        }
    }
    uint32_t median = n ? sorted[n / 2] / divisor : 0;
    return n && !median ? 1 : median;
}

// The smallest of n sorted novelties that at most false_reject_permille of n + 1 draws exceed; the largest if n is too small.
static uint32_t quantile(const uint32_t *sorted, uint32_t n, uint32_t false_reject_permille) {
    uint32_t rank = ((n + 1) * (1000 - false_reject_permille) + 999) / 1000;
    return sorted[(rank < 1 ? 1 : rank > n ? n : rank) - 1];
}

void dlm_contour(dlm_t *net) {
    const uint32_t m = net->n_neurons, n_classes = net->config.n_classes;
    const uint8_t *label = DLM_AT(net, uint8_t, net->label);
    const int32_t *sums = DLM_AT(net, int32_t, net->sums_q16);
    uint64_t *nearest = DLM_AT(net, uint64_t, net->reciprocal);
    uint32_t *sorted = DLM_AT(net, uint32_t, net->packed);
    uint16_t *novelty = DLM_AT(net, uint16_t, net->novelty_q12);
    nearest_events(net, 1, nearest);
    net->spacing_q12 = median_positive(nearest, m, 1, sorted);
    if (!net->spacing_q12) {
        nearest_events(net, 0, nearest);
        net->spacing_q12 = median_positive(nearest, m, 2, sorted);
        net->spacing_q12 = net->spacing_q12 ? net->spacing_q12 : DLM_ONE_Q12;
        nearest_events(net, 1, nearest);
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < m; i++) {
        int32_t outputs[DLM_LIMIT_CLASSES];
        for (uint32_t c = 0; c < n_classes; c++) {
            outputs[c] = dlm_floor_div(sums[i * n_classes + c], net->depth);
        }
        novelty[i] = DLM_CONTOUR_NOVELTY_MAX;
        if (nearest[i] != NO_EVENT) {
            novelty[i] = (uint16_t)dlm_novelty(net, dlm_distance(nearest[i]), dlm_margin(net, outputs, label[i]));
            insert_sorted(sorted, n++, novelty[i]);
        }
    }
    net->level_q12 = n ? quantile(sorted, n, net->config.false_reject_permille) : DLM_ONE_Q12;
}

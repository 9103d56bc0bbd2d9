// SPDX-License-Identifier: MIT
// Features to coordinates: the first metric, and the metric that a layer hands to the next. Twin of host/deeplomath/metric.py.
#include "dlm_kernel.h"

uint64_t dlm_distance2(const int16_t *a, const int16_t *b, uint32_t n) {
    uint64_t sum = 0;
    while (n) {
        uint32_t block = n < 64 ? n : 64, part = 0;  // 64 squares of 26 bits fit 32
        n -= block;
        for (; block; block--) {
            int32_t step = *a++ - *b++;
            part += (uint32_t)(step * step);
        }
        sum += part;
    }
    return sum;
}

// Sum of squared deviations from their mean, Q12, of n values with this sum and sum of squares. Below 2^51.
static uint64_t scatter_q12(int64_t n, int64_t sum, int64_t squares) {
    return n ? ((uint64_t)(n * squares - sum * sum) << 12) / (uint64_t)n : 0;
}

void dlm_first_metric_variance(dlm_t *net, uint32_t k) {
    const dlm_network_t *next = dlm_next(net);
    const int16_t *label = DLM_AT(net, int16_t, next->label);
    const uint64_t m = next->n_neurons;
    int64_t n[DLM_LIMIT_CLASSES] = {0}, sum[DLM_LIMIT_CLASSES] = {0}, squares[DLM_LIMIT_CLASSES] = {0};
    for (uint32_t i = 0; i < m; i++) {
        const uint32_t class = dlm_class(net, label[i]);
        const int32_t value = dlm_event_x(net, i)[k];
        n[class]++;
        sum[class] += value;
        squares[class] += value * value;
    }
    int64_t all = 0, all_squares = 0;
    uint64_t within = 0;
    for (uint32_t class = 0; class < net->config.n_classes; class++) {
        within += scatter_q12(n[class], sum[class], squares[class]);
        all += sum[class];
        all_squares += squares[class];
    }
    const uint64_t total = scatter_q12((int64_t)m, all, all_squares);
    const uint64_t freedom = m - next->n_present;
    DLM_AT(net, uint64_t, net->energy)
    [k] = (within + DLM_KERNEL_METRIC_PRIOR * total / m) / (freedom + DLM_KERNEL_METRIC_PRIOR);
}

// 1 / sqrt(variance) = mantissa / 2^shift.
static void reciprocal_root(uint64_t variance, dlm_scale_t *scale) {
    unsigned even = (62 - dlm_bit_length(variance)) / 2;
    uint32_t root = dlm_isqrt(variance << (2 * even));  // in [2^30, 2^31)
    scale->mantissa = (uint32_t)(((uint64_t)1 << 46) / root);
    scale->shift = 40 - even;
}

// Mean Q8 of m values whose sum, each raised by 2^15, is this.
static int32_t mean_q8(uint64_t raised_sum, uint32_t m) {
    return (int32_t)((raised_sum * 256 + m / 2) / m) - (1 << 23);
}

static int32_t feature_mean_q8(const dlm_t *net, uint32_t k) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < net->n_events; i++) {
        sum += (uint32_t)(dlm_event_x(net, i)[k] + 32768);
    }
    return mean_q8(sum, net->n_events);
}

// The scale of a regression's values: their mean is 0, the one farthest from it at 1 or -1.
static void scale_target(const dlm_t *net, dlm_scale_t *scale) {
    const dlm_event_t *events = dlm_events(net);
    uint64_t sum = 0, largest = 0;
    for (uint32_t i = 0; i < net->n_events; i++) {
        sum += (uint32_t)(events[i].label + 32768);
    }
    scale->mean_q8 = mean_q8(sum, net->n_events);
    for (uint32_t i = 0; i < net->n_events; i++) {
        int64_t deviation = events[i].label * 256 - scale->mean_q8;
        uint64_t square = (uint64_t)(deviation * deviation) >> 4;  // Q12, below 2^45
        largest = square > largest ? square : largest;
    }
    reciprocal_root(largest ? largest : DLM_ONE_Q12, scale);
}

void dlm_first_metric(dlm_t *net) {
    const uint32_t d = net->config.n_features;
    dlm_network_t *next = dlm_next(net);
    dlm_scale_t *scale = DLM_AT(net, dlm_scale_t, next->scale);
    const uint64_t *variance = DLM_AT(net, uint64_t, net->energy);
    uint64_t largest = 0;
    for (uint32_t k = 0; k < d; k++) {
        largest = variance[k] > largest ? variance[k] : largest;
    }
    // A feature that has not moved yet is measured by the one that moved most; where none has, by 1 LSB.
    const uint64_t unmoved = largest ? largest : DLM_ONE_Q12;
    for (uint32_t k = 0; k < d; k++) {
        scale[k].mean_q8 = feature_mean_q8(net, k);
        reciprocal_root(variance[k] ? variance[k] : unmoved, &scale[k]);
    }
    if (net->config.regression) {
        scale_target(net, &next->target);
    }
}

void dlm_first_coordinates(const dlm_t *net, const dlm_network_t *of, const int16_t *x, int16_t *z_q8) {
    const dlm_scale_t *scale = DLM_AT(net, dlm_scale_t, of->scale);
    for (uint32_t k = 0; k < net->config.n_features; k++) {
        int64_t scaled = (int64_t)(x[k] * 256 - scale[k].mean_q8) * scale[k].mantissa;  // below 2^42
        z_q8[k] = (int16_t)dlm_saturate(dlm_round_shift(scaled, scale[k].shift), DLM_KERNEL_COORDINATE_MAX);
    }
}

void dlm_layer_coordinates(const dlm_t *net, const dlm_network_t *of, unsigned index, const int16_t *z_q8,
                           const int32_t *answers_q16, int16_t *n_q8) {
    const uint32_t d = net->config.n_features, n_classes = net->config.n_classes;
    const uint16_t *s_q12 = DLM_AT(net, uint16_t, of->layers[index].s_q12);
    for (uint32_t k = 0; k < d; k++) {
        int32_t scaled = (int32_t)dlm_round_shift(z_q8[k] * s_q12[k], 12);
        n_q8[k] = (int16_t)dlm_saturate(scaled, DLM_KERNEL_COORDINATE_MAX);
    }
    for (uint32_t c = 0; c < n_classes; c++) {
        int64_t scaled = dlm_round_shift((int64_t)answers_q16[c] * net->s_answer_q12, 20);
        n_q8[d + c] = (int16_t)dlm_saturate(scaled, DLM_KERNEL_COORDINATE_MAX);
    }
    if ((d + n_classes) & 1) {
        n_q8[d + n_classes] = 0;
    }
}

// Right shift that brings the largest absolute value of alpha below 2^15.
static unsigned alpha_shift(const int32_t *alpha_q20, uint32_t n) {
    uint32_t largest = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t size = alpha_q20[i] < 0 ? 0u - (uint32_t)alpha_q20[i] : (uint32_t)alpha_q20[i];
        largest = size > largest ? size : largest;
    }
    unsigned bits = dlm_bit_length(largest);
    return bits > 15 ? bits - 15 : 0;
}

// S_k = sum_j P_ij (z_ik - z_jk), |P| <= 2^15, |S| < 2^37.
void dlm_add_slopes(dlm_t *net, unsigned index, uint32_t i) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t d = net->config.n_features, m = next->n_neurons, n_classes = net->config.n_classes;
    const uint32_t stride = dlm_stride(&net->config, 0);
    const int16_t *z = DLM_AT(net, int16_t, next->layers[0].n_q8);
    const uint32_t own = dlm_class(net, DLM_AT(net, int16_t, next->label)[i]);
    const int32_t *alpha_q20 = DLM_AT(net, int32_t, next->layers[index].alpha_q20);
    const unsigned shift = alpha_shift(alpha_q20, m * n_classes);
    int32_t *packed = DLM_AT(net, int32_t, net->packed);
    int32_t *slope = DLM_AT(net, int32_t, net->moment_q20);
    uint64_t *energy = DLM_AT(net, uint64_t, net->energy);
    int64_t total = 0;
    for (uint32_t j = 0; j < m; j++) {
        int32_t kernel_q15 = (j < i ? dlm_row(packed, i)[j] : dlm_row(packed, j)[i]) >> 15;
        slope[j] = (int32_t)dlm_floor_shift(dlm_floor_shift(alpha_q20[j * n_classes + own], shift) * kernel_q15, 15);
        total += slope[j];
    }
    for (uint32_t k = 0; k < d; k++) {
        int64_t sum = total * z[i * stride + k];
        for (uint32_t j = 0; j < m; j++) {
            sum -= slope[j] * z[j * stride + k];
        }
        sum = dlm_floor_shift(sum, 12);
        energy[k] += (uint64_t)(sum * sum);  // below 2^50 each, 2^59 in all
    }
}

// Shifts the values right together until the largest fits 31 bits.
static void to_31_bits(uint64_t *values, uint32_t n) {
    uint64_t largest = 0;
    for (uint32_t k = 0; k < n; k++) {
        largest = values[k] > largest ? values[k] : largest;
    }
    unsigned bits = dlm_bit_length(largest);
    for (uint32_t k = 0; bits > 31 && k < n; k++) {
        values[k] >>= bits - 31;
    }
}

void dlm_next_metric(dlm_t *net, unsigned index) {
    const uint32_t d = net->config.n_features, m = dlm_next(net)->n_neurons;
    const dlm_layer_t *layer = &dlm_next(net)->layers[index], *above = layer + 1;
    const uint32_t *s2_q16 = DLM_AT(net, uint32_t, layer->s2_q16);
    uint64_t *energy = DLM_AT(net, uint64_t, net->energy), total = 0;
    to_31_bits(energy, d);
    for (unsigned twice = 0; twice < 2; twice++) {  // the slopes are along s u: their squares take s^4
        for (uint32_t k = 0; k < d; k++) {
            energy[k] = (energy[k] * s2_q16[k]) >> 16;
        }
        to_31_bits(energy, d);
    }
    for (uint32_t k = 0; k < d; k++) {
        total += energy[k];
    }
    const uint64_t own = DLM_KERNEL_METRIC_FEATURES * d;
    for (uint32_t k = 0; k < d; k++) {
        uint64_t mean_one_q16 = total ? ((energy[k] * d) << 16) / total : DLM_ONE_Q16;
        uint64_t s2 = total ? (m * mean_one_q16 + (own << 16)) / (m + own) : DLM_ONE_Q16;
        DLM_AT(net, uint32_t, above->s2_q16)[k] = (uint32_t)s2;
        DLM_AT(net, uint16_t, above->s_q12)[k] = (uint16_t)dlm_isqrt(s2 << 8);
    }
}

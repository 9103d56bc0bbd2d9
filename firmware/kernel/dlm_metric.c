// SPDX-License-Identifier: MIT
// Features to coordinates: the first metric, and the metric that a layer hands to the next. Twin of host/deeplomath/metric.py.
#include "dlm_kernel.h"

// Sum of squared deviations of feature k from its mean, Q12, over the events of a class (or all: class < 0). Below 2^51.
static uint64_t scatter_q12(const dlm_t *net, uint32_t k, int32_t class) {
    const uint32_t d = net->config.n_features;
    const int16_t *x = DLM_AT(net, int16_t, net->x);
    const uint8_t *label = DLM_AT(net, uint8_t, net->label);
    int64_t n = 0, sum = 0, squares = 0;
    for (uint32_t i = 0; i < net->n_neurons; i++) {
        if (class < 0 || label[i] == class) {
            int32_t value = x[i * d + k];
            n++;
            sum += value;
            squares += value * value;
        }
    }
    return n ? ((uint64_t)(n * squares - sum * sum) << 12) / (uint64_t)n : 0;
}

static uint64_t variance_q12(const dlm_t *net, uint32_t k) {
    const uint64_t m = net->n_neurons, d = net->config.n_features;
    uint64_t within = 0;
    for (int32_t class = 0; class < net->config.n_classes; class++) {
        if (net->present >> class & 1) {
            within += scatter_q12(net, k, class);
        }
    }
    return (within + d * scatter_q12(net, k, -1) / m) / (m - net->n_present + d);
}

// 1 / sqrt(variance) = mantissa / 2^shift; 2^15 < mantissa <= 2^16, shift 10..31.
static void reciprocal_root(uint64_t variance, uint32_t *mantissa, uint8_t *shift) {
    unsigned even = (62 - dlm_bit_length(variance)) / 2;
    uint32_t root = dlm_isqrt(variance << (2 * even));  // in [2^30, 2^31)
    *mantissa = (uint32_t)(((uint64_t)1 << 46) / root);
    *shift = (uint8_t)(40 - even);
}

static int32_t mean_q8(const dlm_t *net, uint32_t k) {
    const uint32_t m = net->n_neurons, d = net->config.n_features;
    const int16_t *x = DLM_AT(net, int16_t, net->x);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < m; i++) {
        sum += (uint32_t)(x[i * d + k] + 32768);
    }
    return (int32_t)((sum * 256 + m / 2) / m) - (1 << 23);
}

void dlm_first_metric(dlm_t *net) {
    const uint32_t d = net->config.n_features;
    uint64_t *variance = DLM_AT(net, uint64_t, net->energy);
    uint64_t largest = 0;
    for (uint32_t k = 0; k < d; k++) {
        variance[k] = variance_q12(net, k);
        largest = variance[k] > largest ? variance[k] : largest;
    }
    // A feature that has not moved yet is measured by the one that moved most; where none has, by 1 LSB.
    const uint64_t unmoved = largest ? largest : DLM_ONE_Q12;
    for (uint32_t k = 0; k < d; k++) {
        DLM_AT(net, int32_t, net->mean_q8)[k] = mean_q8(net, k);
        reciprocal_root(variance[k] ? variance[k] : unmoved, &DLM_AT(net, uint32_t, net->mantissa)[k],
                        &DLM_AT(net, uint8_t, net->shift)[k]);
    }
}

void dlm_first_coordinates(const dlm_t *net, const int16_t *x, int16_t *z_q8) {
    const int32_t *mean = DLM_AT(net, int32_t, net->mean_q8);
    const uint32_t *mantissa = DLM_AT(net, uint32_t, net->mantissa);
    const uint8_t *shift = DLM_AT(net, uint8_t, net->shift);
    for (uint32_t k = 0; k < net->config.n_features; k++) {
        int64_t scaled = (int64_t)(x[k] * 256 - mean[k]) * mantissa[k];  // below 2^42
        z_q8[k] = (int16_t)dlm_saturate(dlm_round_shift(scaled, shift[k]), DLM_KERNEL_COORDINATE_MAX);
    }
}

void dlm_layer_coordinates(const dlm_t *net, unsigned index, const int16_t *z_q8, const int32_t *answers_q16,
                           int16_t *n_q8) {
    const uint32_t d = net->config.n_features, n_classes = net->config.n_classes;
    const uint16_t *s_q12 = DLM_AT(net, uint16_t, net->layers[index].s_q12);
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

// Adds to energy [d] the squared slopes of event i's own output: S_k = sum_j P_ij (z_ik - z_jk), |P| <= 2^15, |S| < 2^37.
static void add_slopes(const dlm_t *net, unsigned index, uint32_t i, unsigned shift, uint64_t *energy) {
    const uint32_t d = net->config.n_features, m = net->n_neurons, n_classes = net->config.n_classes;
    const uint32_t stride = dlm_stride(&net->config, 0);
    const int16_t *z = DLM_AT(net, int16_t, net->layers[0].n_q8);
    const uint8_t own = DLM_AT(net, uint8_t, net->label)[i];
    const int32_t *alpha_q20 = DLM_AT(net, int32_t, net->layers[index].alpha_q20);
    int32_t *packed = DLM_AT(net, int32_t, net->packed);
    int32_t *slope = DLM_AT(net, int32_t, net->moment_q20);
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
    const uint32_t d = net->config.n_features, m = net->n_neurons;
    const dlm_layer_t *layer = &net->layers[index], *next = &net->layers[index + 1];
    const uint32_t *s2_q16 = DLM_AT(net, uint32_t, layer->s2_q16);
    uint64_t *energy = DLM_AT(net, uint64_t, net->energy), total = 0;
    dlm_gram(DLM_AT(net, int16_t, layer->n_q8), m, dlm_coordinates(&net->config, index),
             dlm_stride(&net->config, index), &layer->width, DLM_AT(net, int32_t, net->packed));
    for (uint32_t k = 0; k < d; k++) {
        energy[k] = 0;
    }
    const unsigned shift = alpha_shift(DLM_AT(net, int32_t, layer->alpha_q20), m * net->config.n_classes);
    for (uint32_t i = 0; i < m; i++) {
        add_slopes(net, index, i, shift, energy);
    }
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
        DLM_AT(net, uint32_t, next->s2_q16)[k] = (uint32_t)s2;
        DLM_AT(net, uint16_t, next->s_q12)[k] = (uint16_t)dlm_isqrt(s2 << 8);
    }
}

// SPDX-License-Identifier: MIT
// Features to coordinates: the first metric, and the metric that a layer hands to the next. Twin of
// host/deeplomath/mirror/metric.py.
#include "dlm_kernel.h"

void dlm_norms(const int16_t *scaled_q8, uint32_t m, uint32_t n, uint32_t stride, uint32_t *norm_q16) {
    for (uint32_t i = 0; i < m; i++, scaled_q8 += stride) {
        uint32_t sum = 0;  // 176 squares of 24 bits fit 32
        for (uint32_t k = 0; k < n; k++) {
            sum += (uint32_t)(scaled_q8[k] * scaled_q8[k]);
        }
        norm_q16[i] = sum;
    }
}

// Sum of squared deviations from their mean, Q12, of n values with this sum and sum of squares. Below 2^51.
static uint64_t scatter_q12(uint32_t n, int32_t sum, uint64_t squares) {
    return n ? (n * squares - (uint64_t)((int64_t)sum * sum)) * 4096 / n : 0;
}

void dlm_first_metric_variance(dlm_t *net, uint32_t k) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t m = next->n_neurons, freedom = m - next->n_present;
    const dlm_event_t *event = dlm_events(net);
    const int16_t *x = dlm_event_x(net, 0) + k;
    struct {
        uint64_t squares;
        int32_t sum;  // within 2^24
        uint32_t n;
    } sums[DLM_LIMIT_CLASSES], all = {0};
    uint64_t within = 0;
    memset(sums, 0, sizeof(*sums) * net->config.n_classes);
    for (uint32_t i = 0; i < m; i++, event++, x += net->config.n_features) {
        const uint32_t class = dlm_class(net, event->label);
        sums[class].n++;
        sums[class].sum += *x;
        sums[class].squares += (uint32_t)(*x * *x);
    }
    for (uint32_t class = 0; class < net->config.n_classes; class++) {
        within += scatter_q12(sums[class].n, sums[class].sum, sums[class].squares);
        all.sum += sums[class].sum;
        all.squares += sums[class].squares;
    }
    const uint64_t total = scatter_q12(m, all.sum, all.squares);
    DLM_AT(net, uint64_t, net->energy)
    [k] = (within + DLM_KERNEL_METRIC_PRIOR * total / m) / (freedom + DLM_KERNEL_METRIC_PRIOR);
}

static uint64_t largest_of(const uint64_t *values, uint32_t n) {
    uint64_t largest = 0;
    for (; n; n--, values++) {
        largest = *values > largest ? *values : largest;
    }
    return largest;
}

// 1 / sqrt(variance) = mantissa / 2^shift.
static void reciprocal_root(uint64_t variance, dlm_scale_t *scale) {
    unsigned even = (62 - dlm_bit_length(variance)) / 2;
    uint32_t root = dlm_isqrt(variance << (2 * even));  // in [2^30, 2^31)
    scale->mantissa = (uint32_t)(((uint64_t)1 << 46) / root);
    scale->shift = 40 - even;
}

// Mean Q8 of m values, each `stride` after the other.
static int32_t mean_q8(const int16_t *values, uint32_t stride, uint32_t m) {
    uint32_t raised_sum = 0;  // each raised by 2^15: 512 of 16 bits
    for (uint32_t i = 0; i < m; i++, values += stride) {
        raised_sum += (uint32_t)(*values + 32768);
    }
    return (int32_t)(((uint64_t)raised_sum * 256 + m / 2) / m) - (1 << 23);
}

// The scale of a regression's values: their mean is 0, the one farthest from it at 1 or -1.
static void scale_target(const int16_t *values, uint32_t m, dlm_scale_t *scale) {
    uint32_t largest = 0;
    scale->mean_q8 = mean_q8(values, 1, m);
    for (uint32_t i = 0; i < m; i++) {
        const int32_t deviation = values[i] * 256 - scale->mean_q8;
        const uint32_t size = (uint32_t)(deviation < 0 ? -deviation : deviation);
        largest = size > largest ? size : largest;
    }
    const uint64_t square = (uint64_t)largest * largest >> 4;  // Q12, below 2^45
    reciprocal_root(square ? square : DLM_ONE_Q12, scale);
}

void dlm_first_metric(dlm_t *net) {
    const uint32_t d = net->config.n_features;
    dlm_network_t *next = dlm_next(net);
    dlm_scale_t *scale = DLM_AT(net, dlm_scale_t, next->scale);
    const uint64_t *variance = DLM_AT(net, uint64_t, net->energy);
    const uint64_t largest = largest_of(variance, d);
    // A feature that has not moved yet is measured by the one that moved most; where none has, by 1 LSB.
    const uint64_t unmoved = largest ? largest : DLM_ONE_Q12;
    for (uint32_t k = 0; k < d; k++) {
        scale[k].mean_q8 = mean_q8(dlm_event_x(net, 0) + k, d, net->n_events);
        reciprocal_root(variance[k] ? variance[k] : unmoved, &scale[k]);
    }
    if (net->config.regression) {
        scale_target(DLM_AT(net, int16_t, next->label), net->n_events, &next->target);
    }
}

void dlm_first_coordinates(const dlm_t *net, const dlm_network_t *network, const int16_t *x, int16_t *z_q8) {
    const dlm_scale_t *scale = DLM_AT(net, dlm_scale_t, network->scale);
    const int32_t limit = dlm_coordinate_max(net->config.n_features);
    for (uint32_t k = 0; k < net->config.n_features; k++) {
        const int64_t scaled = (int64_t)(x[k] * 256 - scale[k].mean_q8) * scale[k].mantissa;  // below 2^41
        z_q8[k] = (int16_t)dlm_saturate32(dlm_to_int32(dlm_round_shift(scaled, scale[k].shift)), limit);
    }
}

void dlm_layer_coordinates(const dlm_t *net, const dlm_network_t *network, unsigned index, const int16_t *z_q8,
                           const int32_t *answers_q16, int16_t *scaled_q8) {
    const uint32_t d = net->config.n_features, n_classes = net->config.n_classes;
    const uint16_t *s_q12 = DLM_AT(net, uint16_t, network->layers[index].s_q12);
    const int32_t limit = dlm_coordinate_max(d);
    for (uint32_t k = 0; k < d; k++) {
        const int32_t scaled = dlm_floor_shift32(z_q8[k] * s_q12[k] + (1 << 11), 12);
        scaled_q8[k] = (int16_t)dlm_saturate32(scaled, limit);
    }
    for (uint32_t c = 0; c < n_classes; c++) {
        const int32_t scaled_q9 = dlm_mul_shift(answers_q16[c] * 1024, (int32_t)net->s_answer_q12 * 8, 32);
        scaled_q8[d + c] = (int16_t)dlm_saturate32(dlm_floor_shift32(scaled_q9 + 1, 1), limit);
    }
    if ((d + n_classes) & 1) {
        scaled_q8[d + n_classes] = 0;
    }
}

// Right shift that brings the largest absolute value of alpha [C][m_even] below 2^18 / m.
static unsigned slope_shift(const int16_t *alpha, uint32_t n, uint32_t m) {
    uint32_t bits = 0;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t value = alpha[i];
        bits |= (uint32_t)(value < 0 ? -value : value);
    }
    const unsigned length = dlm_bit_length(bits) + dlm_bit_length(m);
    return length > 18 ? length - 18 : 0;
}

void dlm_begin_slopes(dlm_t *net, unsigned index) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t m = next->n_neurons, m_even = dlm_even(m), stride = dlm_stride(&net->config, 0);
    const uint32_t n = m_even * net->config.n_classes;
    const int16_t *z = DLM_AT(net, int16_t, next->layers[0].scaled_q8),
                  *alpha = DLM_AT(net, int16_t, next->layers[index].alpha);
    const unsigned shift = slope_shift(alpha, n, m);
    int16_t *across = DLM_AT(net, int16_t, next->layers[index + 1].scaled_q8),
            *shifted = DLM_AT(net, int16_t, net->factors[0].v_q11);
    for (uint32_t k = 0; k < net->config.n_features; k++, across += m_even) {
        for (uint32_t i = 0; i < m; i++) {
            across[i] = z[i * stride + k];
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        shifted[i] = (int16_t)dlm_floor_shift32(alpha[i], shift);
    }
}

static inline int32_t slope_weight(int16_t alpha, int16_t k_q15) {
    return dlm_floor_shift32(alpha * k_q15 + (1 << 14), 15);
}

// P_ij of event i into p [m]; returns their sum. The event itself has no part in its slopes.
static int32_t slope_weights(const dlm_t *net, uint32_t i, int16_t *p) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t m = next->n_neurons, own = dlm_class(net, DLM_AT(net, int16_t, next->label)[i]);
    const int16_t *alpha = DLM_AT(net, int16_t, net->factors[0].v_q11) + own * dlm_even(m);
    const int16_t *k_q15 = dlm_row(DLM_AT(net, int16_t, net->factors[0].packed), i);
    int32_t total = p[i] = 0;
    for (uint32_t j = 0; j < i; j++) {
        total += p[j] = (int16_t)slope_weight(alpha[j], *k_q15++);  // along row i
    }
    for (uint32_t j = i + 1; j < m; j++) {
        k_q15 += 4 * ((j - 1) / 4 + 1);  // down column i
        total += p[j] = (int16_t)slope_weight(alpha[j], *k_q15);
    }
    return total;
}

// S_k = sum_j P_ij (z_ik - z_jk), within 2^31.
void dlm_add_slopes(dlm_t *net, unsigned index, uint32_t i) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t d = net->config.n_features, m = next->n_neurons, m_even = dlm_even(m);
    const int16_t *z = DLM_AT(net, int16_t, next->layers[0].scaled_q8) + (size_t)i * dlm_stride(&net->config, 0);
    const int16_t *across = DLM_AT(net, int16_t, next->layers[index + 1].scaled_q8);
    int16_t *p = DLM_AT(net, int16_t, net->columns);
    uint64_t *energy = DLM_AT(net, uint64_t, net->energy);
    const int32_t total = slope_weights(net, i, p);
    for (uint32_t k = 0; k < d; k += 4) {
        int32_t sums[4];  // as in dlm_distance_row, those beyond d are of no use
        dlm_dot4(p, across + k * m_even, m_even, m, sums);
        for (uint32_t r = 0; r < 4 && k + r < d; r++) {
            const int32_t slope = dlm_floor_shift32(total * z[k + r] - sums[r], 6);
            energy[k + r] += (uint64_t)((int64_t)slope * slope);  // below 2^50 each, 2^59 in all
        }
    }
}

// Shifts the values right together until the largest fits 31 bits.
static void to_31_bits(uint64_t *values, uint32_t n) {
    const unsigned bits = dlm_bit_length(largest_of(values, n));
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
        const uint64_t mean_one_q16 = total ? ((energy[k] * d) << 16) / total : DLM_ONE_Q16;
        const uint64_t s2 = (m * mean_one_q16 + (own << 16)) / (m + own);  // 1 where that is 1
        DLM_AT(net, uint32_t, above->s2_q16)[k] = (uint32_t)s2;
        DLM_AT(net, uint16_t, above->s_q12)[k] = (uint16_t)dlm_isqrt(s2 << 8);
    }
}

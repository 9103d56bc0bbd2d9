// SPDX-License-Identifier: MIT
// Features to coordinates: the first metric, that of the layers, and the one that a layer hands to the next. Twin of
// host/deeplomath/mirror/metric.py.
#include "dlm_kernel.h"

static inline int32_t clip(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}

// Sum of squared deviations from their mean, Q12, of n values with this sum and sum of squares. Below 2^51.
static uint64_t scatter_q12(uint32_t n, int32_t sum, uint64_t squares) {
    return n ? dlm_divide((n * squares - (uint64_t)((int64_t)sum * sum)) * 4096, n) : 0;
}

typedef struct {
    uint64_t total, within;  // Q12, below 2^51
    int32_t sum;             // of the values
} scatter_t;

typedef struct {
    uint64_t squares;
    int32_t sum;  // within 2^24
    uint32_t n;
} sums_t;

// add_up adds x of m events, which go on by d, each held within low..high, to the sums of its class, if `classes` is
// not 0. scale_row makes z Q8 [n] of features x [n], each held within low..high, which go on by `step`: (x - mean) *
// mantissa / 2^shift, rounded, clipped; 32 bits of the product fall first.
#if defined(__ARM_FEATURE_DSP)
#include "dlm_metric_dsp.h"
#else

static void add_up(sums_t *sums, const int16_t *x, const int16_t *label, uint32_t m, uint32_t d, uint32_t classes,
                   int32_t low, int32_t high) {
    for (; m; m--, x += d) {
        const int32_t inside = clip(*x, low, high);
        sums_t *own = sums + ((uint32_t)*label++ & classes);
        own->n++;
        own->sum += inside;
        own->squares += (uint32_t)(inside * inside);
    }
}

static void scale_row(const dlm_scale_t *scale, const int16_t *low, const int16_t *high, uint32_t step,
                      const int16_t *x, int16_t *z_q8, uint32_t n, int32_t limit) {
    do {
        const int32_t moved = (clip(*x++, *low, *high) * 256 - scale->mean_q8) * 128;
        const int32_t product = dlm_mul_shift(moved, (int32_t)scale->mantissa, 32);
        const int32_t rounded = dlm_floor_shift32(dlm_floor_shift32(product, scale++->shift - 26) + 1, 1);
        *z_q8++ = (int16_t)dlm_saturate32(rounded, limit);
        low += step;
        high += step;
    } while (--n);
}

#endif

// Scatter of feature k, held within low..high: of all events, and summed over the classes present.
static scatter_t scatter_of(const dlm_t *net, uint32_t k, int32_t low, int32_t high) {
    const uint32_t m = net->n_events;
    const int16_t *label = DLM_AT(net, int16_t, dlm_next(net)->label);
    sums_t sums[DLM_LIMIT_CLASSES], *of;
    scatter_t scatter = {0};
    uint64_t squares = 0;
    memset(sums, 0, sizeof(*sums) * net->config.n_classes);
    add_up(sums, dlm_event_x(net, 0) + k, label, m, net->config.n_features, net->config.regression ? 0 : UINT32_MAX,
           low, high);
    for (of = sums; of < sums + net->config.n_classes; of++) {
        scatter.within += scatter_q12(of->n, of->sum, of->squares);
        scatter.sum += of->sum;
        squares += of->squares;
    }
    scatter.total = scatter_q12(m, scatter.sum, squares);
    return scatter;
}

static uint64_t largest_of(const uint64_t *values, uint32_t n) {
    uint64_t largest = 0;
    for (; n; n--, values++) {
        largest = *values > largest ? *values : largest;
    }
    return largest;
}

// 1 / sqrt(variance) = mantissa / 2^shift; a variance below 2^-8 counts as that.
static void reciprocal_root(uint64_t variance, dlm_scale_t *scale) {
    variance = variance < DLM_KERNEL_VARIANCE_LEAST ? DLM_KERNEL_VARIANCE_LEAST : variance;
    unsigned even = (62 - dlm_bit_length(variance)) / 2;
    uint32_t root = dlm_isqrt(variance << (2 * even));  // in [2^30, 2^31)
    scale->mantissa = (uint32_t)(((uint64_t)1 << 60) / root);
    scale->shift = 54 - even;
}

// Mean Q8 of m values of this sum.
static int32_t mean_q8(int32_t sum, uint32_t m) {
    const uint32_t raised = (uint32_t)sum + 32768 * m;  // each raised by 2^15: 512 of 16 bits
    return (int32_t)dlm_divide((uint64_t)raised * 256 + m / 2, m) - (1 << 23);
}

void dlm_scale_target(dlm_t *net) {
    const uint32_t m = net->n_events;
    const int16_t *values = DLM_AT(net, int16_t, dlm_next(net)->label);
    dlm_scale_t *scale = &dlm_next(net)->target;
    uint32_t largest = 0;
    int32_t sum = 0;
    for (uint32_t i = 0; i < m; i++) {
        sum += values[i];
    }
    scale->mean_q8 = mean_q8(sum, m);
    for (uint32_t i = 0; i < m; i++) {
        const int32_t deviation = values[i] * 256 - scale->mean_q8;
        const uint32_t size = (uint32_t)(deviation < 0 ? -deviation : deviation);
        largest = size > largest ? size : largest;
    }
    const uint64_t square = (uint64_t)largest * largest >> 4;  // Q12, below 2^45
    reciprocal_root(square ? square : DLM_ONE_Q12, scale);
}

// How far feature k of each event is from a number, into values [m], and the largest of them into *farthest. Returns
// their upper median.
DLM_HOT static uint32_t median_from(const dlm_t *net, uint32_t k, int32_t from, uint32_t *farthest) {
    const uint32_t m = net->n_events, d = net->config.n_features;
    uint32_t *values = DLM_AT(net, uint32_t, net->columns), *value = values;
    const int16_t *x = dlm_event_x(net, 0) + k;
    uint32_t largest = 0;
    for (uint32_t i = m; i; i--, x += d) {
        const int32_t away = *x - from;
        const uint32_t size = (uint32_t)(away < 0 ? -away : away);
        *value++ = size;
        largest = size > largest ? size : largest;
    }
    *farthest = largest;
    return dlm_select(values, m, m / 2);
}

// Sets the window of feature k: its median -+ so many median deviations from it. Returns whether a value lies outside.
static int set_window(const dlm_t *net, uint32_t k, int16_t *low, int16_t *high) {
    uint32_t farthest;
    const int32_t middle = (int32_t)median_from(net, k, INT16_MIN, &farthest) + INT16_MIN;
    const uint32_t reach = DLM_KERNEL_WINDOW * median_from(net, k, middle, &farthest);
    const int32_t far = reach ? (int32_t)reach : 2 * DLM_ONE_Q16;
    *low = (int16_t)clip(middle - far, INT16_MIN, INT16_MAX);
    *high = (int16_t)clip(middle + far, INT16_MIN, INT16_MAX);
    return farthest > (uint32_t)far;
}

// Variances lie in their scale's mantissa and shift until those are made of them.
static uint64_t variance_of(const dlm_scale_t *scale) {
    return (uint64_t)scale->shift << 32 | scale->mantissa;
}

// The variance of all counts as much as prior / 4 events do.
static void set_moments(const dlm_t *net, const scatter_t *scatter, uint32_t prior, dlm_scale_t *scale) {
    const uint32_t m = net->n_events, freedom = m - dlm_next(net)->n_present;
    const uint64_t sum = 4 * scatter->within + dlm_divide(prior * scatter->total, m);
    const uint64_t variance = dlm_divide(sum, 4 * freedom + prior);
    scale->mean_q8 = mean_q8(scatter->sum, m);
    scale->mantissa = (uint32_t)variance;
    scale->shift = (uint32_t)(variance >> 32);
}

void dlm_measure(dlm_t *net, uint32_t k) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t others = next->n_present - 1u, freedom = net->n_events - next->n_present;
    int16_t *low = DLM_AT(net, int16_t, next->window) + k, *high = low + net->config.n_features;
    scatter_t scatter = scatter_of(net, k, INT16_MIN, INT16_MAX);
    set_moments(net, &scatter, DLM_CONTOUR_PRIOR, DLM_AT(net, dlm_scale_t, next->scale) + k);
    if (set_window(net, k, low, high)) {
        scatter = scatter_of(net, k, *low, *high);
    }
    set_moments(net, &scatter, DLM_KERNEL_METRIC_PRIOR, DLM_AT(net, dlm_scale_t, next->layer_scale) + k);
    const uint64_t between = scatter.total - scatter.within;  // a floor of a sum is not below the sum of floors
    const uint64_t chance = others * scatter.within >> 14;
    const uint64_t ratio = (between * freedom << 2) / (chance ? chance : 1);  // Q16
    DLM_AT(net, uint32_t, next->layers[0].s2_q16)[k] = ratio < 1u << 28 ? (uint32_t)ratio : 1u << 28;
}

// How much it is to be trusted, Q16, how far the classes differ in each feature. Puts the roots of the ratios, Q8 [d],
// in their place, and the sum of them into *sum.
static uint32_t trust(const dlm_t *net, uint32_t *ratio, uint32_t *sum) {
    const uint32_t d = net->config.n_features, c = dlm_next(net)->n_present, f = net->n_events - c;
    uint64_t squares = 0;
    uint32_t ratios = 0, chance = 0;
    *sum = 0;
    for (uint32_t k = 0; k < d; k++) {
        const uint32_t ratio_q8 = ratio[k] >> 8;  // up to 2^20
        ratios += ratio_q8;
        squares += (uint64_t)ratio_q8 * ratio_q8;
        chance += ratio_q8 > 256 ? 2 * ratio_q8 - 256 : 256;
        *sum += ratio[k] = dlm_isqrt(ratio[k]);
    }
    const uint64_t spread = (c - 1) * f * ((d * squares - (uint64_t)ratios * ratios) >> 8);  // below 2^60
    const uint64_t doubt = ((uint64_t)(2 * chance) * ((f + c - 1) * d) << 16) / (spread ? spread : 1);
    return spread && doubt < DLM_ONE_Q16 ? DLM_ONE_Q16 - (uint32_t)doubt : 0;
}

// A variance divided by s^2: how far the classes differ in the feature, shrunk towards 1 by what chance would give.
static uint64_t weighed(uint64_t variance, uint32_t trust_q16, uint32_t share_q16) {
    const int64_t more = (int64_t)trust_q16 * ((int32_t)share_q16 - DLM_ONE_Q16);
    const int32_t s2 = DLM_ONE_Q16 + (int32_t)dlm_floor_shift(more, 16), least = DLM_KERNEL_RELEVANCE_LEAST;
    return (variance << 16) / (uint32_t)(s2 > least ? s2 : least);
}

// Makes scales [d] of the variances in them. root: Q8 [d], of this sum.
static void set_scales(dlm_scale_t *scale, uint32_t d, uint32_t trust_q16, const uint32_t *root, uint32_t sum) {
    uint64_t largest = 0;
    for (uint32_t k = 0; k < d; k++) {
        const uint64_t variance = variance_of(&scale[k]);
        largest = variance > largest ? variance : largest;
    }
    // A feature that has not moved yet is measured by the one that moved most; where none has, by 1 LSB.
    const uint64_t unmoved = largest ? largest : DLM_ONE_Q12;
    for (uint32_t k = 0; k < d; k++, scale++) {
        const uint64_t variance = variance_of(scale);
        const uint32_t share_q16 = trust_q16 ? (uint32_t)(((uint64_t)root[k] * d << 16) / sum) : 0;  // below 2^24
        reciprocal_root(weighed(variance ? variance : unmoved, trust_q16, share_q16), scale);
    }
}

void dlm_set_scales(dlm_t *net) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t d = net->config.n_features;
    uint32_t *root = DLM_AT(net, uint32_t, next->layers[0].s2_q16), sum;
    const uint32_t trust_q16 = trust(net, root, &sum);
    set_scales(DLM_AT(net, dlm_scale_t, next->scale), d, 0, root, sum);
    set_scales(DLM_AT(net, dlm_scale_t, next->layer_scale), d, trust_q16, root, sum);
}

void dlm_first_coordinates(const dlm_t *net, const dlm_network_t *network, const int16_t *x, int16_t *z_q8) {
    static const int16_t ends[] = {INT16_MIN, INT16_MAX};
    const uint32_t d = net->config.n_features;
    scale_row(DLM_AT(net, dlm_scale_t, network->scale), ends, ends + 1, 0, x, z_q8, d, dlm_coordinate_max(d));
}

void dlm_base_coordinates(const dlm_t *net, const dlm_network_t *network, const int16_t *x, int16_t *z_q8) {
    const int16_t *low = DLM_AT(net, int16_t, network->window);
    const dlm_scale_t *scale = DLM_AT(net, dlm_scale_t, network->layer_scale);
    const uint32_t d = net->config.n_features;
    scale_row(scale, low, low + d, 1, x, z_q8, d, dlm_coordinate_max(d));
}

void dlm_layer_coordinates(const dlm_t *net, const dlm_network_t *network, unsigned index, const int16_t *z_q8,
                           uint32_t z_step, const int32_t *answers_q16, uint32_t answers_step, int16_t *scaled_q8) {
    const uint32_t d = net->config.n_features;
    const uint16_t *s_q12 = DLM_AT(net, uint16_t, network->layers[index].s_q12);
    const int32_t limit = dlm_coordinate_max(d), s_answer = (int32_t)net->s_answer_q12 * 8;
    uint32_t left = d;
    do {
        const int32_t scaled = dlm_floor_shift32(*z_q8 * *s_q12++ + (1 << 11), 12);
        *scaled_q8++ = (int16_t)dlm_saturate32(scaled, limit);
        z_q8 += z_step;
    } while (--left);
    left = net->config.n_classes;
    do {
        const int32_t scaled_q9 = dlm_mul_shift(*answers_q16 * 1024, s_answer, 32);
        *scaled_q8++ = (int16_t)dlm_saturate32(dlm_floor_shift32(scaled_q9 + 1, 1), limit);
        answers_q16 += answers_step;
    } while (--left);
    if ((d + net->config.n_classes) & 1) {
        *scaled_q8 = 0;
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
    const uint32_t m = next->n_neurons, n = dlm_even(m) * net->config.n_classes;
    const int16_t *alpha = DLM_AT(net, int16_t, next->layers[index].alpha);
    const unsigned shift = slope_shift(alpha, n, m);
    int16_t *shifted = DLM_AT(net, int16_t, net->v_q11);
    for (uint32_t i = 0; i < n; i++) {
        shifted[i] = (int16_t)dlm_floor_shift32(alpha[i], shift);
    }
    memset(DLM_AT(net, uint64_t, net->energy), 0, sizeof(uint64_t) * net->config.n_features);
}

// P_ij of event i into p [m], from row i of K; returns their sum.
static int32_t slope_weights(const dlm_t *net, uint32_t i, const uint32_t *k_q30, int16_t *p) {
    const uint32_t m = net->n_events, own = dlm_class(net, DLM_AT(net, int16_t, dlm_next(net)->label)[i]);
    const int16_t *alpha = DLM_AT(net, int16_t, net->v_q11) + own * dlm_even(m);
    int32_t total = 0;
    for (uint32_t j = 0; j < m; j++) {
        total += p[j] = (int16_t)dlm_floor_shift32(alpha[j] * dlm_q15(k_q30[j]) + (1 << 14), 15);
    }
    return total;
}

// S_k = sum_j P_ij (z_ik - z_jk), within 2^31.
void dlm_add_slopes(dlm_t *net, uint32_t i, const uint32_t *k_q30) {
    const uint32_t d = net->config.n_features, m = net->n_events, m_even = dlm_even(m);
    const int16_t *z = dlm_across(net, 0);
    int16_t *p = DLM_AT(net, int16_t, net->query_k_q15);
    uint64_t *energy = DLM_AT(net, uint64_t, net->energy);
    const int32_t total = slope_weights(net, i, k_q30, p);
    for (uint32_t k = 0; k < d; k += 4) {
        int32_t sums[4];  // as in dlm_distance_row, those beyond d are of no use
        dlm_dot4(p, z, m_even, m, sums);
        for (uint32_t r = 0; r < 4 && k + r < d; r++, z += m_even) {
            const int32_t slope = dlm_floor_shift32(total * z[i] - sums[r], 6);
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
    const uint32_t own = DLM_KERNEL_METRIC_FEATURES * d;
    for (uint32_t k = 0; k < d; k++) {
        const uint64_t mean_one_q16 = total ? ((energy[k] * d) << 16) / total : DLM_ONE_Q16;
        const uint64_t s2 = dlm_divide(m * mean_one_q16 + (own << 16), m + own);  // 1 where that is 1
        DLM_AT(net, uint32_t, above->s2_q16)[k] = (uint32_t)s2;
        DLM_AT(net, uint16_t, above->s_q12)[k] = (uint16_t)dlm_isqrt(s2 << 8);
    }
}

// SPDX-License-Identifier: MIT
// The network in its buffer, and what the kernel's files call of each other. Not part of the API.
#ifndef DLM_KERNEL_H
#define DLM_KERNEL_H

#include <string.h>

#include "dlm.h"
#include "dlm_fixed.h"

#define DLM_ONE_Q12 4096
#define DLM_ONE_Q16 65536

// 1 / h^2: x in Q18 = (squared distance in Q16 * mantissa) >> shift.
typedef struct {
    uint32_t mantissa;
    uint32_t shift;
} dlm_width_t;

// One layer. Arrays are byte offsets from the start of the network.
typedef struct {
    uint32_t n_q8;       // int16 [m][stride]: scaled coordinates of the neurons
    uint32_t alpha_q20;  // int32 [m][n_classes]
    uint32_t s2_q16;     // uint32 [d]: squared metric of the first coordinates
    uint32_t s_q12;      // uint16 [d]: its root
    dlm_width_t width;
} dlm_layer_t;

// d features, m events kept (of n_events), C classes.
struct dlm {
    dlm_config_t config;
    uint32_t clock;
    uint32_t error_q16;
    uint32_t spacing_q12;
    uint32_t level_q12;
    uint32_t s_answer_q12;  // metric of the answers of a layer below: sqrt(d)
    uint16_t n_neurons;     // m
    uint16_t depth;
    uint16_t present;  // bit c: class c has events
    uint16_t n_present;
    // The events.
    uint32_t x;        // int16 [m][d]
    uint32_t label;    // uint8 [m]
    uint32_t count;    // uint8 [m]: 1..DLM_LIMIT_COUNT
    uint32_t touched;  // uint32 [m]
    uint32_t id;       // uint32 [m]
    // The network.
    uint32_t mean_q8;      // int32 [d]
    uint32_t mantissa;     // uint32 [d]
    uint32_t shift;        // uint8 [d]
    uint32_t novelty_q12;  // uint16 [m]: left-out novelty, DLM_CONTOUR_NOVELTY_MAX where there is none
    dlm_layer_t layers[DLM_LIMIT_LAYERS];
    // Scratch space.
    uint32_t packed;         // int32 [m (m + 1) / 2]: A, then L, then W; K for the slopes
    uint32_t sums_q16;       // int32 [m][C]: left-out answers, summed over the layers
    uint32_t candidate_q20;  // int32 [m][C]: alpha of the width being tried
    uint32_t
        reciprocal;  // uint32 [2][m]: 1 / diag(A^-1) of the width kept, and of the width being tried; or uint64 [m]
    uint32_t moment_q20;  // int32 [m]
    uint32_t energy;      // uint64 [d]
    uint32_t query_q8;    // int16 [2][stride]
};

#define DLM_AT(net, type, offset) ((type *)(void *)((unsigned char *)(uintptr_t)(net) + (offset)))

// Coordinates of layer `index`, and int16 from one row of them to the next: even, so that rows are aligned to 4 bytes.
static inline uint32_t dlm_coordinates(const dlm_config_t *config, unsigned index) {
    return (uint32_t)config->n_features + (index ? config->n_classes : 0u);
}

static inline uint32_t dlm_stride(const dlm_config_t *config, unsigned index) {
    return (dlm_coordinates(config, index) + 1u) & ~1u;
}

// Row i of the packed lower triangle.
static inline int32_t *dlm_row(int32_t *packed, uint32_t i) {
    return packed + (size_t)i * (i + 1) / 2;
}

// T in Q16: 1 - 1/c for the own class, -1/c for another of the c present, 0 for one that is not.
static inline int32_t dlm_target(const dlm_t *net, uint32_t event, uint32_t class) {
    const int32_t share = DLM_ONE_Q16 / net->n_present;
    if (!(net->present >> class & 1)) {
        return 0;
    }
    return DLM_AT(net, uint8_t, net->label)[event] == class ? DLM_ONE_Q16 - share : -share;
}

// Squared distance Q16 of two rows of n coordinates Q8, each within +-DLM_KERNEL_COORDINATE_MAX: 64 of them fit 32 bits.
static inline uint64_t dlm_distance2(const int16_t *a, const int16_t *b, uint32_t n) {
    uint64_t sum = 0;
    while (n) {
        uint32_t block = n < 64 ? n : 64, part = 0;
        n -= block;
        for (; block; block--) {
            int32_t step = *a++ - *b++;
            part += (uint32_t)(step * step);
        }
        sum += part;
    }
    return sum;
}

// K = 2^(-distance2 / h^2) in Q30. distance2_q16 below 2^34.
static inline uint32_t dlm_gauss(uint64_t distance2_q16, const dlm_width_t *width) {
    return dlm_exp2_neg((distance2_q16 * width->mantissa) >> width->shift);
}

// dlm_metric.c

// Fills mean, mantissa and shift from the events kept; m >= 1.
void dlm_first_metric(dlm_t *net);
// z Q8 [d] of features x [d].
void dlm_first_coordinates(const dlm_t *net, const int16_t *x, int16_t *z_q8);
// Scaled coordinates Q8 [d + C] of layer `index` >= 1 from z [d] and the answers Q16 [C] of the layer below.
void dlm_layer_coordinates(const dlm_t *net, unsigned index, const int16_t *z_q8, const int32_t *answers_q16,
                           int16_t *n_q8);
// Fills s2 and s of layer index + 1 from the slopes of layer `index`. Uses packed and energy.
void dlm_next_metric(dlm_t *net, unsigned index);

// dlm_solve.c

// The width of h^2 = D_mean / 2 over m rows of n coordinates.
void dlm_base_width(const int16_t *n_q8, uint32_t m, uint32_t n, uint32_t stride, dlm_width_t *width);
// K of m rows of n coordinates, Q30, into packed.
void dlm_gram(const int16_t *n_q8, uint32_t m, uint32_t n, uint32_t stride, const dlm_width_t *width, int32_t *packed);
// A = L L^T, Q30, positive definite, to W = L^-1, Q26, in place.
void dlm_inverse_factor(int32_t *packed, uint32_t m);
// Solves layer `index` with both widths and keeps the better: width, alpha, and 1 / diag(A^-1) in reciprocal.
void dlm_solve(dlm_t *net, unsigned index);
// Left-out answer Q16 of an event for a class: T less the leave-one-out residual.
int32_t dlm_left_out(const dlm_t *net, unsigned index, uint32_t event, uint32_t class);

// dlm_network.c

// Rebuilds the whole network from the events kept.
void dlm_build(dlm_t *net);
// Forgets everything.
void dlm_clear(dlm_t *net);

// dlm_contour.c

// Fills spacing, level and novelty of the events kept. Uses packed, reciprocal and sums.
void dlm_contour(dlm_t *net);
// Margin Q16 of outputs [C] for label: its output less the largest other among the classes present.
int32_t dlm_margin(const dlm_t *net, const int32_t *outputs_q16, uint32_t label);
// Distance Q12 from a squared distance Q16 below 2^35.
uint32_t dlm_distance(uint64_t distance2_q16);
// Novelty Q12 from distance Q12 and margin Q16.
uint32_t dlm_novelty(const dlm_t *net, uint32_t distance_q12, int32_t margin_q16);
int32_t dlm_verdict(const dlm_t *net, uint32_t novelty_q12, int32_t margin_q16);

#endif

// SPDX-License-Identifier: MIT
// What the kernel's files call of each other. Not part of the API.
#ifndef DLM_KERNEL_H
#define DLM_KERNEL_H

#include <string.h>

#include "dlm_dot.h"
#include "dlm_fixed.h"
#include "dlm_network.h"

// Before a loop of four rounds: unrolled, but for cores of Armv6-M, where code is short.
#if defined(__ARM_ARCH_6M__)
#define DLM_UNROLL4
#else
#define DLM_UNROLL4 _Pragma("GCC unroll 4")
#endif

// What each file offers to those behind it: a file calls none behind itself. dlm_fixed, dlm_dot < dlm_layout <
// dlm_events < dlm_metric, dlm_solve, dlm_contour < dlm_whiten, dlm_phases < dlm_rebuild, dlm_answer < dlm_selection <
// dlm_memory < dlm_state

// dlm_layout.c

// An even number of int16 that holds n.
static inline uint32_t dlm_even(uint32_t n) {
    return (n + 1u) & ~1u;
}

// Coordinates of layer `index`, and int16 from one row of them to the next: even, so that rows are aligned to 4 bytes.
static inline uint32_t dlm_coordinates(const dlm_config_t *config, unsigned index) {
    return (uint32_t)config->n_features + (index ? config->n_classes : 0u);
}

static inline uint32_t dlm_stride(const dlm_config_t *config, unsigned index) {
    return dlm_even(dlm_coordinates(config, index));
}

// Row i of the packed lower triangle without its diagonal, int16 [i]. Rows 4b to 4b + 3 are all of the length 4b + 4.
static inline int16_t *dlm_row(int16_t *packed, uint32_t i) {
    const uint32_t block = i / 4;
    return packed + (size_t)4 * (block + 1) * (2 * block + (i & 3));
}

// Row k of what lies across, int16 [m_even].
static inline int16_t *dlm_across(const dlm_t *net, uint32_t k) {
    return DLM_AT(net, int16_t, net->across) + (size_t)k * dlm_even(net->n_events);
}

// The network that answers, and the one that is being made.
dlm_network_t *dlm_live(const dlm_t *net);
dlm_network_t *dlm_next(const dlm_t *net);

// Sets config and every offset of net; returns the footprint. NUMERICS.md, Footprint.
uint32_t dlm_lay_out(dlm_t *net, const dlm_config_t *config);

// Whether a further layer of such a network sees whitened coordinates.
static inline int dlm_whitens(const dlm_config_t *config) {
    return config->n_layers > 1 && !config->regression;
}

#define DLM_STATE_HEADER_BYTES 26u
#define DLM_STATE_EXPERIENCE_BYTES 8u
#define DLM_STATE_TRAILER_BYTES 8u  // digest, CRC-32 of all before it

// Bytes of a state before its experience, of a state, and of the largest state that a network of this config can have.
uint32_t dlm_experience_at(const dlm_config_t *config, uint32_t n_events);
uint32_t dlm_state_bytes(const dlm_config_t *config, uint32_t n_events, uint32_t n_experience);
uint32_t dlm_largest_state(const dlm_config_t *config);

// dlm_events.c

static inline dlm_event_t *dlm_events(const dlm_t *net) {
    return DLM_AT(net, dlm_event_t, net->events);
}

static inline dlm_experience_t *dlm_experience(const dlm_t *net) {
    return DLM_AT(net, dlm_experience_t, net->experience);
}

static inline int16_t *dlm_event_x(const dlm_t *net, uint32_t i) {
    return DLM_AT(net, int16_t, net->x) + (size_t)i * net->config.n_features;
}

// Class of an event with this label: the label, or 0 in a regression.
static inline uint32_t dlm_class(const dlm_t *net, int16_t label) {
    return net->config.regression ? 0u : (uint32_t)label;
}

// 0, or DLM_ERR_LABEL of a label outside its limits.
int dlm_check_label(const dlm_t *net, int32_t label);
// Position of the event with this id; -1 if it is not kept.
int32_t dlm_find_event(const dlm_t *net, uint32_t id);
// Events kept of each class, into members [DLM_LIMIT_CLASSES].
void dlm_count_members(const dlm_t *net, uint32_t *members);
// Takes the event at a position out; puts one in there.
void dlm_remove_event(dlm_t *net, uint32_t at);
void dlm_insert_event(dlm_t *net, uint32_t at, const dlm_event_t *event, const int16_t *x);
// Whether n more events of a class find room: each takes a free position, or that of an event beyond the second of its
// class.
int dlm_has_room(const dlm_t *net, uint32_t class, uint32_t n);
// The clock of the class of events with this label: its learns.
uint32_t *dlm_class_clock(const dlm_t *net, int16_t label);
// Adds an entry of experience; the oldest goes when there is no room, and undo tells of it.
void dlm_add_experience(dlm_t *net, const dlm_experience_t *entry, dlm_undo_t *undo);
void dlm_undo_experience(dlm_t *net, const dlm_undo_t *undo);
void dlm_forget_experience(dlm_t *net, uint32_t event);
// Forgets the event at a position and its experience; the newest takes its ticks of both clocks along.
void dlm_forget_event(dlm_t *net, uint32_t at);
// Moves the events of class `label`, and its clock, to the class `to`, which has no events.
void dlm_move_class(dlm_t *net, int32_t label, int32_t to);
// Removes the oldest unknown that was named, or the oldest of all if there is none.
void dlm_remove_oldest_unknown(dlm_t *net);
// Position of the unknown with this id; -1 if it is not remembered, or only for undo.
int32_t dlm_find_unknown(const dlm_t *net, uint32_t unknown);
// Puts an unknown event into the ring of unknowns.
void dlm_remember_unknown(dlm_t *net, const int16_t *x);

// dlm_metric.c: of the network being made

// What coordinates of d features are clipped to.
static inline int32_t dlm_coordinate_max(uint32_t d) {
    return d < DLM_KERNEL_FEATURES_WIDE ? DLM_KERNEL_COORDINATE_MAX : DLM_KERNEL_COORDINATE_MAX_WIDE;
}

// The window of feature k, its means and variances into its scales, and how far the classes differ in it into s2 of
// layer 0; m >= 1.
void dlm_measure(dlm_t *net, uint32_t k);
// Fills the scales of all features from those.
void dlm_set_scales(dlm_t *net);
// Fills the scale of a regression's values: their mean is 0, the one farthest from it at 1 or -1.
void dlm_scale_target(dlm_t *net);
// z Q8 [d] of features x [d] in a network: in which its known set is measured, and for its layers.
void dlm_first_coordinates(const dlm_t *net, const dlm_network_t *network, const int16_t *x, int16_t *z_q8);
void dlm_base_coordinates(const dlm_t *net, const dlm_network_t *network, const int16_t *x, int16_t *z_q8);
// Scaled coordinates Q8 [d + C] of layer `index` >= 1 of a network from base coordinates z [d] and
// the answers Q16 [C] of the layer below, which go on by so many numbers.
void dlm_layer_coordinates(const dlm_t *net, const dlm_network_t *network, unsigned index, const int16_t *z_q8,
                           uint32_t z_step, const int32_t *answers_q16, uint32_t answers_step, int16_t *scaled_q8);
// Puts alpha of layer `index`, shifted so that no sum of slopes overflows, into v_q11, int16 [C][m_even]; no energy yet.
void dlm_begin_slopes(dlm_t *net, unsigned index);
// Adds to energy [d] the squared slopes of event i's own output along the coordinates in across; k_q30 [m]: its row of K.
void dlm_add_slopes(dlm_t *net, uint32_t i, const uint32_t *k_q30);
// Fills s2 and s of layer index + 1 from energy.
void dlm_next_metric(dlm_t *net, unsigned index);

// dlm_solve.c: of the network being made

// The width of h^2 = D_mean / 2 over m rows of n coordinates with these squared norms.
void dlm_base_width(const int16_t *scaled_q8, const uint32_t *norm_q16, uint32_t m, uint32_t n, uint32_t stride,
                    dlm_width_t *width);
// K = 2^(-distance2 / h^2), Q30 [n], of squared distances Q16 [n]; the two may be one.
void dlm_gram_row(const uint32_t *distance2_q16, uint32_t n, const dlm_width_t *width, uint32_t *row_q30);
// Row i of A, Q30 [i + 1], to row i of L in packed, and to 1 / L_ii; the rows above are done.
void dlm_factor_row(int16_t *packed, uint32_t *root_q28, uint32_t i, const uint32_t *row_q30);
// Row i of V from row i of L.
void dlm_substitute(dlm_t *net, uint32_t i);
// Columns j..j+3 of W = L^-1, Q26, from row j on, into columns [m][4].
void dlm_inverse_columns(const int16_t *packed, const uint32_t *root_q28, uint32_t m, uint32_t j, int32_t *columns);
// alpha and 1 / (A^-1)_ii of the events j..j+3.
void dlm_alpha(dlm_t *net, uint32_t j);
// alpha into layer `index`, in 16 bits, and the layer's left-out answers: T less the leave-one-out residuals. Returns
// their error, Q32, below 2^55.
uint64_t dlm_keep(dlm_t *net, unsigned index);
// T in Q16 of an event of this label in a network, within -1..1: for its own class, and for another.
int32_t dlm_own_target(const dlm_t *net, const dlm_network_t *network, int32_t label);

static inline int32_t dlm_other_target(const dlm_network_t *network, uint32_t class) {
    return network->present >> class & 1 ? -(int32_t)network->share_q16 : 0;
}

// Value Q8 of a regression whose output is this.
int32_t dlm_value(const dlm_network_t *network, int32_t output_q16);

// Outputs Q16 with the answers of a further layer, of this share, in them; all three within +-8, share 0..1.
static inline int32_t dlm_mix(int32_t output_q16, int32_t answer_q16, uint32_t share_q16) {
    return output_q16 + dlm_mul_shift((answer_q16 - output_q16) * 1024, (int32_t)(share_q16 * 64), 32);
}

// dlm_contour.c

// Lowers nearest_own and nearest_any [m] (squared distances in the first metric to the nearest event of the class, and
// of any) by the pairs of event i with the events before it, those of i are set first; distance2_q16: its row of
// dlm_distance_row.
void dlm_nearest_row(const dlm_t *net, uint32_t i, const uint32_t *distance2_q16);
// Fills spacing, novelties, level and confidence of the network being made from nearest_own, nearest_any and
// mixed.
void dlm_contour(dlm_t *net);
// Fills level and confidence of a whole network, whose left-out outputs and novelties are at hand, from the experience.
void dlm_learn_from_experience(dlm_t *net, dlm_network_t *network);
// Left-out outputs Q16 [C] of event i of a network that was just made.
void dlm_left_out_outputs(const dlm_t *net, const dlm_network_t *network, uint32_t i, int32_t *outputs_q16);
// Margin Q16 of outputs [C] for a class: its output less the largest other among the classes present.
int32_t dlm_margin(const dlm_network_t *network, const int32_t *outputs_q16, uint32_t class);
// The class present with the largest output, the first on a tie.
uint32_t dlm_best_class(const dlm_t *net, const dlm_network_t *network, const int32_t *outputs_q16);
// Distance Q12 from a squared distance Q16.
uint32_t dlm_distance(uint32_t distance2_q16);
// Novelty Q12 from distance Q12 and margin Q16.
uint32_t dlm_novelty(const dlm_network_t *network, uint32_t distance_q12, int32_t margin_q16);
int32_t dlm_verdict(const dlm_network_t *network, uint32_t novelty_q12, int32_t margin_q16);
// Margin Q16 of the class answered, which is never negative, at most 1, in Q8.
int32_t dlm_margin_q8(int32_t margin_q16);
int32_t dlm_confidence(const dlm_network_t *network, int32_t margin_q16);

// dlm_whiten.c: of the network being made

// Row k of R, the residuals of coordinate k of layer 0, into across, and its part of |R_i|^2.
void dlm_residuals(dlm_t *net, uint32_t k);
// From |R_i|^2: what takes squared residuals to mean diagonal 1.
void dlm_begin_spread(dlm_t *net);
// Adds row i of P = R R^T, with mean diagonal 1, to |P|^2.
void dlm_add_spread(dlm_t *net, uint32_t i);
// How far P is to be shrunk to the identity.
void dlm_shrinkage(dlm_t *net);
// Row i of the correlations, to row i of their factor, where W will be.
void dlm_correlation(dlm_t *net, uint32_t i);
// Columns j..j+3 of W in place of those of the factor.
void dlm_whitening(dlm_t *net, uint32_t j);
// Whitens z Q8 [d] where it is, by a network that has a whitening.
void dlm_whiten(const dlm_t *net, const dlm_network_t *network, int16_t *z_q8);

// dlm_phases.c

// Neurons, evenly spread over all m, whose slopes stand for those of all: an odd number, so that no class that was taught
// in turn is left out.
uint32_t dlm_slope_rows(uint32_t m);
// Multiply-accumulates of a row of a phase (dlm_phases.h) in a rebuild of m events; how many rows the phase has in *rows.
uint32_t dlm_row_work(const dlm_config_t *config, unsigned phase, unsigned layer, uint32_t m, uint32_t row,
                      uint32_t *rows);

// dlm_rebuild.c

// Begins to rebuild the network from the events kept.
void dlm_build_begin(dlm_t *net);
// Finishes a rebuild that is under way.
void dlm_finish(dlm_t *net);
// Rebuilds the network from the events kept, all at once.
void dlm_rebuild(dlm_t *net);

// dlm_answer.c

// Answers as dlm_infer does, but remembers nothing.
void dlm_answer(dlm_t *net, const int16_t *x, dlm_answer_t *answer);

// dlm_selection.c

// Which event absorbs x, just answered (columns hold its distances), under label: its position, or -1.
int32_t dlm_absorber(const dlm_t *net, const dlm_answer_t *answer, int32_t label);
// Which event the network misses least: its position, and why in *reason; -1 if none may go.
int32_t dlm_least_useful(dlm_t *net, uint8_t *reason);

// dlm_memory.c

// Forgets what is not part of a state: the unknowns, what was seen last, and what undo needs.
void dlm_forget_asked(dlm_t *net);

#endif

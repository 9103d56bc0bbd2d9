// SPDX-License-Identifier: MIT
// The network in its buffer, and what the kernel's files call of each other. Not part of the API.
#ifndef DLM_KERNEL_H
#define DLM_KERNEL_H

#include <string.h>

#include "dlm.h"
#include "dlm_dot.h"
#include "dlm_fixed.h"

#define DLM_ONE_Q12 4096
#define DLM_ONE_Q16 65536

// Arrays are byte offsets from the start of the network. d features, m events kept (of n_events), C classes.

// 1 / h^2: x in Q18 = (squared distance in Q16 * mantissa) >> shift.
typedef struct {
    uint32_t mantissa;
    uint32_t shift;
} dlm_width_t;

// value = (x - mean) * mantissa / 2^shift, for a feature or a target.
typedef struct {
    int32_t mean_q8;
    uint32_t mantissa;  // 2^15 < mantissa <= 2^16
    uint32_t shift;     // 10..32
} dlm_scale_t;

// One layer.
typedef struct {
    uint32_t scaled_q8;  // int16 [m][stride]: scaled coordinates of the neurons
    uint32_t alpha;      // int16 [C][m_even], m_even being m made even: Q(21 - alpha_shift)
    uint32_t s2_q16;     // uint32 [d]: squared metric of the first coordinates
    uint32_t s_q12;      // uint16 [d]: its root
    uint32_t alpha_shift;
    dlm_width_t width;
} dlm_layer_t;

// One network: all that an answer needs, so that an old one can answer while a new one is being made. Its first
// DLM_DIGESTED_WORDS words, in this order, are part of the digest.
#define DLM_DIGESTED_WORDS 8
typedef struct {
    uint32_t error_q16;
    uint32_t spacing_q12;
    uint32_t level_q12;
    int32_t confidence_slope_q16;
    int32_t confidence_at_zero_q16;
    dlm_scale_t target;  // of a regression
    uint32_t work;       // multiply-accumulates that it took
    uint16_t n_neurons;  // m
    uint16_t depth;
    uint16_t present;  // bit c: class c has events
    uint16_t n_present;
    uint32_t share_q16;    // 1 / n_present
    uint32_t label;        // int16 [m]
    uint32_t id;           // uint32 [m]
    uint32_t scale;        // dlm_scale_t [d]
    uint32_t novelty_q12;  // uint16 [m]: left-out novelty, DLM_CONTOUR_NOVELTY_MAX where there is none
    dlm_layer_t layers[DLM_LIMIT_LAYERS];
} dlm_network_t;

// An event as it is kept.
typedef struct {
    uint32_t id;
    uint32_t touched;  // the clock of its class when it was last learned, absorbed one or was relabelled
    int16_t label;     // class, or value of a regression
    uint16_t count;    // 1..DLM_LIMIT_COUNT
} dlm_event_t;

// What the network had to say of a labelled event before it was learned.
typedef struct {
    uint32_t event;
    uint16_t novelty_q12;
    uint16_t
        margin_q8;  // of the class answered, within 0..1; and DLM_HIT if that was right, DLM_INSERTED if the event was
} dlm_experience_t;

#define DLM_HIT 0x8000u
#define DLM_INSERTED 0x4000u  // the learn inserted the event; else this absorbed it
#define DLM_MARGIN 0x3fffu    // all other bits
#define DLM_MARGIN_MAX_Q8 (DLM_ONE_Q16 >> 8)

// What undo needs of a learn; features of the event evicted lie at undo_x.
typedef struct {
    dlm_event_t event;            // the one evicted, or the one that absorbed, as it was before
    dlm_experience_t experience;  // what had to go, if experience_full
    uint16_t at;                  // position of that event
    int16_t label;                // under which the event was learned
    uint8_t action;               // DLM_ACTION_*
    uint8_t reason;               // DLM_REASON_*
    uint8_t experienced;          // an experience was added
    uint8_t experience_full;      // and one had to go for it
} dlm_undo_t;

// Which event was seen last, and how: for dlm_correct and dlm_drop.
enum { DLM_SEEN_NONE, DLM_SEEN_INFERRED, DLM_SEEN_UNKNOWN, DLM_SEEN_LEARNED };

// Where a rebuild stands.
typedef struct {
    uint64_t best;   // error of the layers kept, Q32
    uint32_t row;    // next row of the phase
    uint16_t phase;  // of dlm_rebuild.c; 0: no rebuild is under way
    uint16_t layer;
    dlm_width_t width;  // the narrow one, and then the one chosen
} dlm_build_t;

// What solves for one width.
typedef struct {
    uint32_t packed;    // int16, rows by dlm_row: L, Q15
    uint32_t root_q28;  // uint32 [m]: 1 / L_ii
    uint32_t v_q11;     // int16 [C][m_even]: V = L^-1 T, of the classes present, one after the other
} dlm_factor_t;

// In the order that costs least code: cores of Armv6-M reach 31 bytes, 62 and 124 far for fields of one, two and four
// bytes.
struct dlm {
    dlm_config_t config;  // first: the binding looks at it
    uint8_t live;         // which of the networks answers
    uint8_t frozen;
    uint8_t seen;    // DLM_SEEN_*
    uint8_t n_undo;  // learns of the last change, which undo takes back
    uint8_t named;   // bit i: unknown i was named by the last change, and is remembered only for undo
    uint8_t n_unknowns;
    uint16_t n_events;  // events kept
    uint16_t n_experience;
    uint32_t n_unknowns_met;
    uint32_t clock;
    // The events and what goes with them.
    uint32_t x;           // int16 [m][d]
    uint32_t events;      // dlm_event_t [m]
    uint32_t experience;  // dlm_experience_t [n_experience], oldest first
    uint32_t unknown_x;   // int16 [n_unknowns][d], oldest first
    uint32_t unknown_id;  // uint32 [n_unknowns]
    uint32_t undo;        // dlm_undo_t [n_undo], of as many learns as there are unknowns to name
    uint32_t undo_x;      // int16 [n_undo][d]: the events evicted
    uint32_t seen_x;      // int16 [d]: the event seen last
    uint32_t staging;     // uint8 [dlm_largest_state]: a state that is being loaded
    // Scratch space. When it is alive, by the phases of a rebuild, and what it shares memory with:
    //
    // left_out_q16           STORE to NEXT_COORDINATES                                  factors[1]
    // alpha_q21, reciprocal  WEIGHTS, STORE                                             factors[1]
    // sorted                 CONTOUR; a learn that is absorbed                          factors[1], alpha_q21
    // columns                one row of FACTOR, WEIGHTS, SIMILARITY or SLOPES           nothing
    // norm_q16               WIDTH to SIMILARITY                                        nothing
    // sums_q16               from COORDINATES on, until the next rebuild                nothing
    // energy                 VARIANCE: the variances; SIMILARITY, SLOPES                nothing
    // nearest_own            from FACTOR of layer 0 on, until the next rebuild          nothing
    // nearest_any            FACTOR of layer 0 to CONTOUR                               nothing
    // query_q8               an answer, and the choice of what absorbs                  nothing
    // query_k_q15            an answer                                                  nothing
    // factors[0]             FACTOR, WEIGHTS; SIMILARITY, SLOPES: K is in packed         nothing
    // factors[1]             FACTOR, while two widths are tried                         left_out_q16 to reciprocal
    //
    // In SLOPES v_q11 holds alpha, shifted, and the coordinates of the layer to come hold z, transposed.
    uint32_t left_out_q16;  // int32 [C][m]: left-out answers of the layer
    uint32_t alpha_q21;     // int32 [C][m]
    uint32_t sorted;        // uint32 [m + DLM_MEMORY_EXPERIENCE]
    uint32_t reciprocal;    // uint32 [m]: 1 / diag(A^-1)
    uint32_t columns;       // int32 [m][4]: columns of W, Q26; uint32 [2][m]: distances and a row of A; int16 [m]: P
    uint32_t norm_q16;      // uint32 [m]: squared norms of the coordinates of a layer
    uint32_t sums_q16;      // int32 [C][m]: left-out answers, summed over the layers
    uint32_t energy;        // uint64 [d]
    uint32_t nearest_own;   // uint32 [m]: squared distance to the nearest event of the class; UINT32_MAX: there is none
    uint32_t nearest_any;   // uint32 [m]: of any class
    uint32_t query_q8;      // int16 [2][stride]
    uint32_t query_k_q15;   // int16 [m]
    uint32_t s_answer_q12;  // metric of the answers of a layer below: sqrt(d)
    // factors[0] is that of the narrow width, with room for all rows. factors[1] is that of the wide width; its packed
    // has room only for the events that widths are tried on. After the choice, factors[0] is that of the width chosen.
    dlm_factor_t factors[2];
    dlm_build_t build;
    dlm_network_t networks[2];
    uint32_t class_clock[DLM_LIMIT_CLASSES];  // learns of each class; of a regression, all are of class 0
};

// Before a loop of four rounds: unrolled, but for cores of Armv6-M, where code is short.
#if defined(__ARM_ARCH_6M__)
#define DLM_UNROLL4
#else
#define DLM_UNROLL4 _Pragma("GCC unroll 4")
#endif

#define DLM_AT(net, type, offset) ((type *)(void *)((unsigned char *)(uintptr_t)(net) + (offset)))

// What each file offers to those behind it: a file calls none behind itself. dlm_fixed, dlm_dot < dlm_layout <
// dlm_events < dlm_metric, dlm_solve, dlm_contour < dlm_rebuild, dlm_answer < dlm_selection < dlm_memory < dlm_state

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

// Events that the widths are tried on, of m.
static inline uint32_t dlm_trial(uint32_t m) {
    const uint32_t half = (m + 1) / 2, least = DLM_KERNEL_TRIAL_EVENTS;
    return half > least ? half : m < least ? m : least;
}

// Row i of the packed lower triangle without its diagonal, int16 [i]. Rows 4b to 4b + 3 are all of the length 4b + 4.
static inline int16_t *dlm_row(int16_t *packed, uint32_t i) {
    const uint32_t block = i / 4;
    return packed + (size_t)4 * (block + 1) * (2 * block + (i & 3));
}

// The network that answers, and the one that is being made.
dlm_network_t *dlm_live(const dlm_t *net);
dlm_network_t *dlm_next(const dlm_t *net);

// Sets config and every offset of net; returns the footprint. NUMERICS.md, Footprint.
uint32_t dlm_lay_out(dlm_t *net, const dlm_config_t *config);

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

// Squared norms Q16 [m] of m rows of n coordinates.
void dlm_norms(const int16_t *scaled_q8, uint32_t m, uint32_t n, uint32_t stride, uint32_t *norm_q16);

// Variance, Q12, of feature k into energy [k]; m >= 1.
void dlm_first_metric_variance(dlm_t *net, uint32_t k);
// Fills the scale of every feature, and in a regression of the target, from the events kept and energy.
void dlm_first_metric(dlm_t *net);
// z Q8 [d] of features x [d] in a network.
void dlm_first_coordinates(const dlm_t *net, const dlm_network_t *network, const int16_t *x, int16_t *z_q8);
// Scaled coordinates Q8 [d + C] of layer `index` >= 1 of a network from z [d] and the answers Q16 [C] of the layer
// below.
void dlm_layer_coordinates(const dlm_t *net, const dlm_network_t *network, unsigned index, const int16_t *z_q8,
                           const int32_t *answers_q16, int16_t *scaled_q8);
// Puts z, transposed, where the coordinates of layer index + 1 will be, int16 [d][m_even], and alpha of layer `index`,
// shifted so that no sum of slopes overflows, into v_q11, int16 [C][m_even].
void dlm_begin_slopes(dlm_t *net, unsigned index);
// Adds to energy [d] the squared slopes of event i's own output in layer `index`; packed holds K.
void dlm_add_slopes(dlm_t *net, unsigned index, uint32_t i);
// Fills s2 and s of layer index + 1 from energy.
void dlm_next_metric(dlm_t *net, unsigned index);

// dlm_solve.c: of the network being made

// The width of h^2 = D_mean / 2 over m rows of n coordinates with these squared norms.
void dlm_base_width(const int16_t *scaled_q8, const uint32_t *norm_q16, uint32_t m, uint32_t n, uint32_t stride,
                    dlm_width_t *width);
// K = 2^(-distance2 / h^2) in Q30.
uint32_t dlm_gauss(uint32_t distance2_q16, const dlm_width_t *width);
// K, Q30 [n], of squared distances Q16 [n]; the two may be one.
void dlm_gram_row(const uint32_t *distance2_q16, uint32_t n, const dlm_width_t *width, uint32_t *row_q30);
// Row i of A, Q30 [i + 1], to row i of L in packed, and to 1 / L_ii; the rows above are done.
void dlm_factor_row(int16_t *packed, uint32_t *root_q28, uint32_t i, const uint32_t *row_q30);
// Row i of V from row i of L.
void dlm_substitute(dlm_t *net, const dlm_factor_t *factor, uint32_t i);
// Chooses the width of layer `index` by the evidence of the events it was tried on, and makes its factor the first.
void dlm_choose(dlm_t *net, unsigned index);
// Columns j..j+3 of W = L^-1, Q26, from row j on, into columns [m][4].
void dlm_inverse_columns(const int16_t *packed, const uint32_t *root_q28, uint32_t m, uint32_t j, int32_t *columns);
// alpha and 1 / (A^-1)_ii of the events j..j+3.
void dlm_alpha(dlm_t *net, uint32_t j);
// alpha into layer `index`, in 16 bits, and the layer's left-out answers: T less the leave-one-out residuals.
void dlm_keep(dlm_t *net, unsigned index);
// T in Q16 of an event of this label in a network, within -1..1: for its own class, and for another.
int32_t dlm_own_target(const dlm_t *net, const dlm_network_t *network, int32_t label);

static inline int32_t dlm_other_target(const dlm_network_t *network, uint32_t class) {
    return network->present >> class & 1 ? -(int32_t)network->share_q16 : 0;
}

// Value Q8 of a regression whose output is this.
int32_t dlm_value(const dlm_network_t *network, int32_t output_q16);

// dlm_contour.c

// Lowers nearest_own and nearest_any [m] (squared distances in the first metric to the nearest event of the class, and
// of any) by the pairs of event i with the events before it, those of i are set first; distance2_q16: its row of
// dlm_distance_row.
void dlm_nearest_row(const dlm_t *net, uint32_t i, const uint32_t *distance2_q16);
// Fills spacing, novelties, level and confidence of the network being made from nearest_own, nearest_any, and sums.
void dlm_contour(dlm_t *net);
// Fills level and confidence of a whole network, whose left-out sums are at hand, from the experience there is.
void dlm_learn_from_experience(dlm_t *net, dlm_network_t *network);
// Left-out outputs Q16 [C] of event i of a network whose sums are at hand.
void dlm_left_out_outputs(const dlm_t *net, const dlm_network_t *network, uint32_t i, int32_t *outputs_q16);
// Margin Q16 of outputs [C] for a class: its output less the largest other among the classes present.
int32_t dlm_margin(const dlm_t *net, const dlm_network_t *network, const int32_t *outputs_q16, uint32_t class);
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

// dlm_rebuild.c

// Position of the event of neuron i, of m. One of each two neighbours, by the Thue-Morse sequence, is in the first
// half, so that this is like the second in whatever order the events came.
uint32_t dlm_event_of_neuron(uint32_t i, uint32_t m);
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

// Which event absorbs x, just answered (query_q8 holds its coordinates), under label: its position, or -1.
int32_t dlm_absorber(const dlm_t *net, const dlm_answer_t *answer, int32_t label);
// Which event the network misses least: its position, and why in *reason; -1 if none may go.
int32_t dlm_least_useful(dlm_t *net, uint8_t *reason);

// dlm_memory.c

// Forgets what is not part of a state: the unknowns, what was seen last, and what undo needs.
void dlm_forget_asked(dlm_t *net);

#endif

// SPDX-License-Identifier: MIT
// The network in its buffer: what is where, and when scratch space is alive. Not part of the API.
#ifndef DLM_NETWORK_H
#define DLM_NETWORK_H

#include "dlm.h"

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
    uint32_t mantissa;  // 2^29 < mantissa <= 2^30
    uint32_t shift;     // 26..50
} dlm_scale_t;

// One layer.
typedef struct {
    uint32_t scaled_q8;  // int16 [m][stride]: scaled coordinates of the neurons
    uint32_t alpha;      // int16 [C][m_even], m_even being m made even: Q(21 - alpha_shift)
    uint32_t s2_q16;     // uint32 [d]: squared metric of the base coordinates
    uint32_t s_q12;      // uint16 [d]: its root
    uint32_t alpha_shift;
    uint32_t share_q16;  // of its answers in the outputs with it
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
    uint32_t scale;        // dlm_scale_t [d]: of the known set
    uint32_t novelty_q12;  // uint16 [m]: left-out novelty, DLM_CONTOUR_NOVELTY_MAX where there is none
    uint32_t z_q8;         // int16 [m][stride]: coordinates of the neurons in which the known set is measured
    uint32_t layer_scale;  // dlm_scale_t [d]: of the layers
    uint32_t window;       // int16 [2][d]: the layers see features clipped to low..high
    uint32_t whitening;    // int16, rows by dlm_row: W, Q10, with its diagonal and zeros behind it
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
    uint16_t margin_q8;  // of the class answered, within 0..1; and the bits below
} dlm_experience_t;

#define DLM_HIT 0x8000u       // the class answered was right
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
    uint64_t best;      // error of the layers kept, Q32
    uint64_t harmonic;  // 1 / sum (1 / own error) of the layers kept, Q24
    uint64_t own;       // STORE, DECIDE: error of the layer alone, Q32; SPREAD: |P|^2, Q40
    uint32_t row;       // next row of the phase
    uint16_t phase;     // of dlm_phases.h; 0: no rebuild is under way
    uint16_t layer;
    dlm_width_t width;       // RESIDUALS to CORRELATION: what takes squared residuals to mean diagonal 1
    uint32_t shrinkage_q16;  // CORRELATION: a
} dlm_build_t;

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
    // The events and what goes with them: dlm_lay_out fills these, in their order, as far as query_k_q15.
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
    // alpha_q21         WEIGHTS, STORE                                                    left_out_q16, ranked
    // left_out_q16      STORE to NEXT_COORDINATES                                         alpha_q21, ranked
    // ranked            CONTOUR; a learn that is absorbed                                 alpha_q21, left_out_q16
    // reciprocal        WEIGHTS, STORE; RESIDUALS, SPREAD: |R_i|^2                        nearest_any
    // nearest_any       NEAREST, CONTOUR                                                  reciprocal
    // columns           one row of any phase; an answer, and the choice of what absorbs   nothing
    // norm_q16          WIDTH to SLOPES; NEAREST                                          nothing
    // mixed_q16         from DECIDE on, until the next rebuild                            nothing
    // energy            CORRELATION, INVERSE: roots of the factor, t; BASE, SLOPES        nothing
    // nearest_own       from NEAREST on, until the next rebuild                           nothing
    // query_q8          an answer; one row of BASE, NEXT_COORDINATES                      nothing
    // query_k_q15       an answer; one row of SLOPES: P                                   nothing
    // packed, root_q28  FACTOR, WEIGHTS                                                   across
    // across            RESIDUALS to CORRELATION: R; BASE to NEXT_COORDINATES             packed
    // v_q11             FACTOR, WEIGHTS; BASE, SLOPES: alpha, shifted                     nothing
    //
    uint32_t packed;      // int16, rows by dlm_row: L, Q15
    uint32_t root_q28;    // uint32 [m]: 1 / L_ii
    uint32_t v_q11;       // int16 [C][m_even]: V = L^-1 T, of the classes present, one after the other
    uint32_t alpha_q21;   // int32 [C][m]
    uint32_t reciprocal;  // uint32 [m]: 1 / diag(A^-1)
    uint32_t columns;   // int32 [m][4]: columns of W, Q26; uint32 [m + 3]: distances, a row of A; values to select from
    uint32_t norm_q16;  // uint32 [m]: squared norms of the coordinates of a layer
    uint32_t mixed_q16;    // int32 [C][m]: left-out answers of the layers kept, mixed
    uint32_t energy;       // uint64 [d]
    uint32_t nearest_own;  // uint32 [m]: squared distance to the nearest event of the class; UINT32_MAX: there is none
    uint32_t query_q8;     // int16 [3][stride]: in the known set, in the layer, and its base
    uint32_t query_k_q15;  // int16 [m]
    uint32_t across;       // int16 [d][m_even]: residuals, or base coordinates of the layer to come, a row a coordinate
    uint32_t left_out_q16;  // int32 [C][m]: left-out answers of the layer
    uint32_t ranked;        // uint32 [m] or [DLM_MEMORY_EXPERIENCE]: of what a quantile is taken
    uint32_t nearest_any;   // uint32 [m]: squared distance to the nearest event of any class
    uint32_t s_answer_q12;  // metric of the answers of a layer below: sqrt(d)
    dlm_build_t build;
    dlm_network_t networks[2];
    uint32_t class_clock[DLM_LIMIT_CLASSES];  // learns of each class; of a regression, all are of class 0
};

#define DLM_AT(net, type, offset) ((type *)(void *)((unsigned char *)(uintptr_t)(net) + (offset)))

#endif

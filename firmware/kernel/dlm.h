// SPDX-License-Identifier: MIT
// Deeplomath: a learning kernel for microcontrollers. The whole public API; its twin is
// host/deeplomath/mirror/network.py.
//
//     dlm_config_t config = {
//         .n_features = 18, .n_events = 64, .n_classes = 7, .n_layers = 2, .false_reject_permille = 50};
//     static uint64_t buffer[5000];
//     dlm_t *net;
//     if (dlm_init(&config, buffer, sizeof(buffer), &net) == 0) {
//         dlm_learned_t learned;
//         dlm_answer_t answer;
//         dlm_learn(net, features, 3, &learned);
//         dlm_infer(net, features, &answer);
//     }
//
// Rules of the whole API: integers only, no allocation, no globals. The network lives in one buffer of the caller's.
// It holds no pointers, so it may be moved as bytes. A function that can fail returns 0 or a negative DLM_ERR_*. If
// it fails, it has changed nothing. One network must not be used from two threads at once.
//
// Formats: name_qN has N fractional bits. shared_spec/NUMERICS.md gives formula, rounding and bounds of each.
//
// Whatever changes the events (dlm_learn to dlm_freeze) first finishes or discards a rebuild under way, and leaves a
// whole network behind. Only dlm_learn_begin, in a network with background, leaves the rebuild to dlm_build_step. The
// old network answers until the new one is whole.
#ifndef DLM_H
#define DLM_H

#include <stddef.h>
#include <stdint.h>

#include "dlm_spec.h"

// A network. What it holds is the kernel's own.
typedef struct dlm dlm_t;

// What a network is for; all sizes are fixed for its life.
typedef struct {
    uint16_t n_features;             // d: 1..DLM_LIMIT_FEATURES
    uint16_t n_events;               // budget of events kept: 1..DLM_LIMIT_EVENTS
    uint16_t false_reject_permille;  // stated false-reject rate: DLM_LIMIT_FALSE_REJECT_PERMILLE_MIN.._PERMILLE
    uint8_t n_classes;               // 1..DLM_LIMIT_CLASSES; 1 for a regression
    uint8_t n_layers;                // most layers: 1..DLM_LIMIT_LAYERS
    uint8_t regression;              // 0: labels are classes; 1: labels are int16 values to predict
    uint8_t background;              // 1: room for a second network, so that the old one answers while it is rebuilt
} dlm_config_t;

// What a learn did.
typedef struct {
    uint32_t event;      // id of the event inserted (the clock before it), or of the one that absorbed
    uint32_t evicted;    // id of the event evicted, if reason is not DLM_REASON_NONE
    uint32_t error_q16;  // mean squared leave-one-out error, Q16
    uint16_t n_neurons;  // events kept
    uint16_t depth;      // layers that earned their place
    uint8_t action;      // DLM_ACTION_*
    uint8_t reason;      // DLM_REASON_*: why an event was evicted
} dlm_learned_t;

// What the network says of an event.
typedef struct {
    int32_t label;                           // class answered; -1 when nothing is learned; 0 of a regression
    int32_t verdict;                         // DLM_VERDICT_*
    int32_t margin_q16;                      // output of the label less the next one; 1 where there is no other class
    uint32_t distance_q12;                   // first metric, to the nearest event
    uint32_t novelty_q12;                    // 0..DLM_CONTOUR_NOVELTY_MAX; unknown above the level of the contour
    int32_t confidence_q16;                  // calibrated probability that the label is right: 0..1
    int32_t value_q8;                        // of a regression: the value predicted; else 0
    uint32_t n_nearest;                      // 0..DLM_LIMIT_NEAREST
    uint32_t nearest[DLM_LIMIT_NEAREST];     // ids of the nearest events of any class, nearest first
    int32_t outputs_q16[DLM_LIMIT_CLASSES];  // of n_classes classes; 0 for one without events
} dlm_answer_t;

// What the network is at present.
typedef struct {
    dlm_config_t config;  // as it was given to dlm_init
    uint32_t clock;       // learns so far, less those taken back
    uint32_t error_q16;   // as in dlm_learned_t
    uint32_t level_q12;   // novelty of the contour
    uint32_t work;        // multiply-accumulates of the last rebuild
    uint16_t n_neurons;   // as in dlm_learned_t
    uint16_t depth;       // as in dlm_learned_t
    uint8_t frozen;       // 1: all learning is stopped
    uint8_t building;     // 1: a rebuild is under way
} dlm_info_t;

// What a network of a config can cost at most.
typedef struct {
    uint64_t work;   // multiply-accumulates of one rebuild
    uint32_t step;   // multiply-accumulates that one dlm_build_step may take beyond its budget
    uint32_t bytes;  // dlm_footprint
} dlm_cost_t;

// 0, or the DLM_ERR_* of the first field of config outside its limits.
int dlm_check(const dlm_config_t *config);

// Bytes of buffer that a network of this config needs; the same on every machine. config must pass dlm_check.
size_t dlm_footprint(const dlm_config_t *config);

// Worst case of a rebuild, known before it starts. config must pass dlm_check. NUMERICS.md, Rebuild.
void dlm_cost(const dlm_config_t *config, dlm_cost_t *cost);

// Makes an empty network at the start of buffer (size bytes, aligned to 8) and points *net to it.
// Fails with what dlm_check says, or DLM_ERR_BUFFER.
int dlm_init(const dlm_config_t *config, void *buffer, size_t size, dlm_t **net);

// Learns event x [n_features] under label. An event that already stands for x absorbs it. Else x is kept as a neuron;
// if the budget is used up, the least useful event goes for it. Then the network is rebuilt. NUMERICS.md, Memory.
// Fails with DLM_ERR_FROZEN, DLM_ERR_LABEL, DLM_ERR_CLOCK when DLM_LIMIT_CLOCK learns have been made, of all or of
// this class, or DLM_ERR_FULL when the budget is used up and each event is one of the last two of its class.
int dlm_learn(dlm_t *net, const int16_t *x, int32_t label, dlm_learned_t *learned);

// As dlm_learn, but it only begins the rebuild. It first finishes an earlier rebuild that is still under way.
// dlm_build_step does the rest, slice by slice. depth and error in *learned are still those of the old network. Fails
// as dlm_learn, and with DLM_ERR_MODE in a network without background.
int dlm_learn_begin(dlm_t *net, const int16_t *x, int32_t label, dlm_learned_t *learned);

// Goes on with the rebuild for about budget multiply-accumulates, at least one step. Returns 1 while there is more to
// do, 0 when the network is whole. The network does not depend on the budgets. NUMERICS.md, Rebuild.
int dlm_build_step(dlm_t *net, uint32_t budget);

// Takes back the last learn, or all of the last dlm_name. The digest is that of before. Unknowns that were named are
// remembered again. Fails with DLM_ERR_NOTHING unless the last change was a learn, a correction or a naming.
int dlm_undo(dlm_t *net);

// Forgets the event of this id and its experience. Forgetting the newest takes back its ticks of the clocks: the
// next event gets its id. If nothing had to go for it, the digest is that of before it was learned. Fails with
// DLM_ERR_EVENT.
int dlm_forget(dlm_t *net, uint32_t event);

// Gives an event another label. This counts as a learn of that class: the event is touched. Fails with DLM_ERR_EVENT,
// DLM_ERR_LABEL, or DLM_ERR_CLOCK when DLM_LIMIT_CLOCK learns of that class have been made.
int dlm_relabel(dlm_t *net, uint32_t event, int32_t label);

// "That was a `label`": learns the event last seen by infer or learn under label. If it was learned, that is undone
// first.
// Fails with DLM_ERR_NOTHING when none was seen since the last other change, or as dlm_learn.
int dlm_correct(dlm_t *net, int32_t label, dlm_learned_t *learned);

// "Drop it": forgets the event last seen. Its learn is undone, or it leaves the unknowns. Fails with DLM_ERR_NOTHING.
int dlm_drop(dlm_t *net);

// Puts the ids of the unknown events remembered, oldest first, into unknowns [DLM_LIMIT_UNKNOWNS]. Returns how many.
// An event is remembered when it is inferred with the verdict unknown. Ids count the unknowns met, modulo 2^32; they
// are no event ids.
uint32_t dlm_unknowns(const dlm_t *net, uint32_t *unknowns);

// Features of a remembered unknown, int16 [n_features], or NULL.
const int16_t *dlm_unknown(const dlm_t *net, uint32_t unknown);

// Learns the unknowns of these ids, in this order, under label, and forgets them as unknowns. *learned tells of the
// last. One dlm_undo takes all of it back. Until then they keep their places: where a new unknown needs room, they
// are the first to go.
// Fails with DLM_ERR_COUNT (n outside 1..DLM_LIMIT_UNKNOWNS), DLM_ERR_EVENT (an id not there, or twice), or as
// dlm_learn.
int dlm_name(dlm_t *net, const uint32_t *unknowns, uint32_t n, int32_t label, dlm_learned_t *learned);

// Moves all events of class `label`, and its clock, to the class `to`, which has no events. Fails with DLM_ERR_MODE,
// DLM_ERR_LABEL, DLM_ERR_PRESENT.
int dlm_rename_class(dlm_t *net, int32_t label, int32_t to);

// Forgets all events of a class, and its clock. Fails with DLM_ERR_MODE or DLM_ERR_LABEL.
int dlm_drop_class(dlm_t *net, int32_t label);

// Stops all learning (frozen = 1), or lets it go on (0). While it is stopped, all that changes events fails with
// DLM_ERR_FROZEN.
void dlm_freeze(dlm_t *net, int frozen);

// Answers for event x [n_features] and remembers it as the last seen. An unknown event is remembered among the
// unknowns, too.
// With nothing learned the label is -1 and the verdict unknown.
void dlm_infer(dlm_t *net, const int16_t *x, dlm_answer_t *answer);

// Fills *info with what the network is at present.
void dlm_info(const dlm_t *net, dlm_info_t *info);

// CRC-32 (IEEE 802.3) of the canonical little-endian bytes of config, events, experience and network, which must be
// whole. NUMERICS.md, Digest.
uint32_t dlm_digest(const dlm_t *net);

// Bytes that dlm_export writes.
size_t dlm_state_size(const dlm_t *net);

// Writes the state, dlm_state_size bytes: config, events and experience, from which the network is rebuilt. The
// network must be whole. NUMERICS.md, State.
void dlm_export(const dlm_t *net, uint8_t *state);

// Writes n bytes of the state from offset on, which must lie within it, into part.
void dlm_export_part(const dlm_t *net, uint32_t offset, uint8_t *part, uint32_t n);

// Takes a state of size bytes that dlm_export wrote for the same config. Rebuilds the network, and verifies the
// digest in the state. What was seen last, the unknowns, and what undo needs are forgotten then.
// Fails with DLM_ERR_FROZEN or DLM_ERR_STATE_*. All is as before then, but that a rebuild under way is finished.
int dlm_import(dlm_t *net, const uint8_t *state, size_t size);

// dlm_import piece by piece: puts n bytes of a state, from its offset on, aside, in a place of their own in the
// buffer.
// Fails with DLM_ERR_FROZEN, or DLM_ERR_STATE_SIZE where they are beyond the largest state of this config.
int dlm_import_part(dlm_t *net, uint32_t offset, const uint8_t *part, uint32_t n);

// Takes the state of size bytes that was put aside, as dlm_import does. The state is used up then, unless it was
// refused as damaged, or as one of another size, version or configuration.
int dlm_import_staged(dlm_t *net, uint32_t size);

#endif

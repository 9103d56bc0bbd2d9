// SPDX-License-Identifier: MIT
// Deeplomath: a learning kernel for microcontrollers. The whole public API; its twin is host/deeplomath/network.py.
//
//     dlm_config_t config = {.n_features = 18, .n_events = 64, .false_reject_permille = 50, .n_classes = 7, .n_layers = 4};
//     static uint64_t buffer[5000];
//     dlm_t *net;
//     if (dlm_init(&config, buffer, sizeof(buffer), &net) == 0) {
//         dlm_learned_t learned;
//         dlm_answer_t answer;
//         dlm_learn(net, features, 3, &learned);
//         dlm_infer(net, features, &answer);
//     }
//
// Rules of the whole API: integers only; no allocation, no globals; the network lives in one buffer of the caller's, holds no
// pointers and may be moved as bytes. A function that can fail returns 0 or a negative DLM_ERR_*, and then has changed
// nothing. One network must not be used from two threads at once: dlm_infer and dlm_digest write to its scratch space.
// Formats: name_qN has N fractional bits; shared_spec/NUMERICS.md gives formula, rounding and bounds of each.
#ifndef DLM_H
#define DLM_H

#include <stddef.h>
#include <stdint.h>

#include "dlm_spec.h"

typedef struct dlm dlm_t;

// What a network is for; all sizes are fixed for its life.
typedef struct {
    uint16_t n_features;  // d: 1..DLM_LIMIT_FEATURES
    uint16_t n_events;    // budget of events kept: 1..DLM_LIMIT_EVENTS
    uint16_t
        false_reject_permille;  // stated false-reject rate: DLM_LIMIT_FALSE_REJECT_PERMILLE_MIN..DLM_LIMIT_FALSE_REJECT_PERMILLE
    uint8_t n_classes;  // 1..DLM_LIMIT_CLASSES
    uint8_t n_layers;   // most layers: 1..DLM_LIMIT_LAYERS
} dlm_config_t;

// What a learn did.
typedef struct {
    uint32_t event;      // stable id of the event: the number of learns before it
    uint32_t error_q16;  // mean squared leave-one-out error, Q16
    uint16_t n_neurons;  // events kept
    uint16_t depth;      // layers that earned their place
} dlm_learned_t;

// What the network says of an event.
typedef struct {
    int32_t label;                           // class answered; -1 when nothing is learned
    int32_t verdict;                         // DLM_VERDICT_*
    int32_t margin_q16;                      // output of the label less the next one; 1 where there is no other class
    uint32_t distance_q12;                   // first metric, to the nearest event of the label
    uint32_t novelty_q12;                    // 0..DLM_CONTOUR_NOVELTY_MAX; unknown above the level of the contour
    int32_t outputs_q16[DLM_LIMIT_CLASSES];  // of n_classes classes; 0 for one without events
} dlm_answer_t;

// What the network is at present.
typedef struct {
    dlm_config_t config;
    uint32_t clock;      // learns so far
    uint32_t error_q16;  // as in dlm_learned_t
    uint32_t level_q12;  // novelty of the contour
    uint16_t n_neurons;
    uint16_t depth;
} dlm_info_t;

// 0, or the DLM_ERR_* of the first field of config outside its limits.
int dlm_check(const dlm_config_t *config);

// Bytes of buffer that a network of this config needs; the same on every machine. config must pass dlm_check.
size_t dlm_footprint(const dlm_config_t *config);

// Makes an empty network at the start of buffer (size bytes, aligned to 8) and points *net to it.
// Fails with what dlm_check says, or DLM_ERR_BUFFER.
int dlm_init(const dlm_config_t *config, void *buffer, size_t size, dlm_t **net);

// Learns event x [n_features] under label: keeps it as a neuron and rebuilds the network.
// Fails with DLM_ERR_LABEL, or DLM_ERR_FULL when the budget is used up.
int dlm_learn(dlm_t *net, const int16_t *x, int32_t label, dlm_learned_t *learned);

// Answers for event x [n_features]. Cannot fail; with nothing learned the label is -1 and the verdict unknown.
void dlm_infer(dlm_t *net, const int16_t *x, dlm_answer_t *answer);

void dlm_info(const dlm_t *net, dlm_info_t *info);

// CRC-32 (IEEE 802.3) of the canonical little-endian bytes of all the network is. NUMERICS.md, Digest.
uint32_t dlm_digest(const dlm_t *net);

// Bytes that dlm_export writes.
size_t dlm_state_size(const dlm_t *net);

// Writes the state, dlm_state_size bytes: config and events, from which the network is rebuilt. NUMERICS.md, State.
void dlm_export(const dlm_t *net, uint8_t *state);

// Takes a state of size bytes that dlm_export wrote for the same config, rebuilds and verifies the digest in it.
// Fails with DLM_ERR_STATE_*, and has changed nothing; but after DLM_ERR_STATE_DIGEST (an intact state whose network
// comes out different here) the network is empty.
int dlm_import(dlm_t *net, const uint8_t *state, size_t size);

// Features int16 [3 * n_channels] of a window of samples [n_samples][n_channels]: means in LSB, log2 of the deviations in Q11,
// log2 of the mean steps in Q11. Fails with DLM_ERR_WINDOW. NUMERICS.md, Features.
int dlm_window_features(const int16_t *samples, size_t n_samples, size_t n_channels, int16_t *features);

#endif

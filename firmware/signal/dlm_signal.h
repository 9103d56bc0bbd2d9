// SPDX-License-Identifier: MIT
// Sensor samples to the features of an event: the whole public API of the signal library, which needs no kernel.
//
//     static uint64_t buffer[BYTES / 8];
//     dlm_front_t *front;
//     if (!dlm_front_init(program, program_bytes, buffer, sizeof(buffer), &front)) {
//         int16_t x[DLM_LIMIT_FEATURES];
//         dlm_event_t event = {.features = x};
//         for (uint32_t taken = 0; taken < n;) {
//             taken += dlm_front_push(front, samples + taken * LINES, n - taken, &event);
//             if (event.ready) {
//                 use(event.at, x);
//             }
//         }
//     }
//
// Rules of the whole API: integers only; no allocation, no globals; one front-end is one buffer of the caller's. A
// function that can fail returns 0 or a negative DLM_ERR_*, and then nothing has changed. Pointers must not be null
// unless it is said. Formats: shared_spec/SIGNAL.md gives formula, rounding and bounds of each operation.
#ifndef DLM_SIGNAL_H
#define DLM_SIGNAL_H

#include <stddef.h>
#include <stdint.h>

#include "dlm_spec.h"

// A front-end; it begins at the start of its buffer.
typedef struct dlm_front dlm_front_t;

// Why a program is refused: "operation 3, biquad: line: 7 given, 0..5 allowed".
typedef struct {
    uint32_t operation;  // counted from 1; 0: the program as a whole
    uint32_t kind;       // DLM_OPERATION_* of that operation; 0 where it has none
    uint32_t field;      // what is wrong, DLM_FIELD_*
    uint32_t given;      // the value
    uint32_t low;        // the least that is allowed
    uint32_t high;       // the most; low where one value alone is right
} dlm_refusal_t;

// What a program takes and makes.
typedef struct {
    uint32_t work;       // most multiply-accumulates from one frame to the next
    uint32_t footprint;  // bytes of its buffer
    uint32_t lines;      // of the input: int16 of a sample
    uint32_t features;   // int16 of an event
    uint32_t apart;      // fewest samples from one event to the next
} dlm_front_info_t;

// What a push gives.
typedef struct {
    int16_t *features;  // [features] of the caller's, written when an event is ready
    uint64_t at;        // index of the last sample that the event took, from 0 since the reset
    uint32_t ready;     // 1: there is an event; 0: all samples were taken, and there is none
} dlm_event_t;

// Whether a program may run, and what it takes. refusal may be null. Fails with DLM_ERR_PROGRAM, and tells why. SIGNAL.md,
// Program, Memory and Work.
int dlm_front_check(const uint8_t *program, size_t bytes, dlm_front_info_t *info, dlm_refusal_t *refusal);

// A front-end in a buffer [buffer_bytes], aligned to 8 bytes, which holds a copy of the program: neither the program nor
// another block is needed from here on. Fails with DLM_ERR_PROGRAM as dlm_front_check, and with DLM_ERR_BUFFER where the
// buffer is too small or not aligned.
int dlm_front_init(const uint8_t *program, size_t bytes, void *buffer, size_t buffer_bytes, dlm_front_t **front);

// Takes samples [n][lines] until an event is ready or all are taken. Returns how many it took; the caller pushes the
// others again. SIGNAL.md, Stream.
uint32_t dlm_front_push(dlm_front_t *front, const int16_t *samples, uint32_t n, dlm_event_t *event);

// n samples were lost: they are counted, and windows, filters and gate begin anew. Of n = 0 nothing happens.
void dlm_front_skip(dlm_front_t *front, uint64_t n);

// Begins anew; index and overruns are 0.
void dlm_front_reset(dlm_front_t *front);

// Samples taken or skipped since the reset.
uint64_t dlm_front_index(const dlm_front_t *front);

// Samples skipped since the reset.
uint64_t dlm_front_overruns(const dlm_front_t *front);

// What its program takes and makes, as dlm_front_check tells it.
void dlm_front_info(const dlm_front_t *front, dlm_front_info_t *info);

// The program [*bytes], in the front-end's buffer.
const uint8_t *dlm_front_program(const dlm_front_t *front, size_t *bytes);

#endif

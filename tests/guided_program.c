// SPDX-License-Identifier: MIT
// libFuzzer's target: programs of the front-end. Two bytes of an input say how long the program is; samples follow. What is
// taken makes the same events of the same samples however they are cut.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dlm_signal.h"

enum { EVENTS = 64 };

static void demand(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "does not hold: %s\n", what);
        abort();
    }
}

// Pushes n samples in chunks; a sum over the events that come of it.
static uint64_t pushed(const uint8_t *program, size_t bytes, const dlm_front_info_t *info, const int16_t *samples,
                       uint32_t n, uint32_t chunk) {
    void *buffer = malloc(info->footprint);
    int16_t *features = malloc(info->features * sizeof(*features));
    dlm_front_t *front;
    uint64_t sum = 0;
    demand(!dlm_front_init(program, bytes, buffer, info->footprint, &front), "init");
    for (uint32_t at = 0, events = 0; at < n && events < EVENTS;) {
        const uint32_t part = n - at < chunk ? n - at : chunk;
        dlm_event_t event = {.features = features};
        const uint32_t taken = dlm_front_push(front, samples + (size_t)at * info->lines, part, &event);
        demand(taken <= part && (taken || event.ready), "progress");
        at += taken;
        if (event.ready) {
            events++;
            for (uint32_t i = 0; i < info->features; i++) {
                sum = (sum ^ (uint16_t)features[i]) * 0x100000001b3u;
            }
            sum = (sum ^ event.at) * 0x100000001b3u;
        }
    }
    free(features);
    free(buffer);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    size_t bytes = (size_t)(data[0] | data[1] << 8);
    bytes = bytes < size - 2 ? bytes : size - 2;
    uint8_t *program = malloc(bytes + 1);  // one byte more: of nothing at all malloc may return NULL
    memcpy(program, data + 2, bytes);
    dlm_front_info_t info;
    dlm_refusal_t refusal = {0};
    if (dlm_front_check(program, bytes, &info, &refusal)) {
        demand(refusal.field && (refusal.given < refusal.low || refusal.given > refusal.high), "why it is refused");
    } else {
        const uint32_t n = (uint32_t)((size - 2 - bytes) / (2 * info.lines));
        int16_t *samples = malloc((size_t)n * info.lines * 2 + 2);
        memcpy(samples, data + 2 + bytes, (size_t)n * info.lines * 2);
        const uint64_t whole = pushed(program, bytes, &info, samples, n, n);
        demand(pushed(program, bytes, &info, samples, n, 1) == whole, "sample by sample");
        demand(pushed(program, bytes, &info, samples, n, 7) == whole, "seven at a time");
        free(samples);
    }
    free(program);
    return 0;
}

// SPDX-License-Identifier: MIT
// libFuzzer's target: the life of a network. The first byte of an input is its configuration; then come operations,
// among them imports of what it has exported, changed here and there, with a checksum that is right.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dlm.h"
#include "dlm_kernel.h"

enum { MOST_FEATURES = 5, STATE = 4096, OPERATIONS = 40 };

static const dlm_config_t configs[] = {
    {1, 1, 50, 1, 1, 0, 0}, {2, 3, 500, 2, 1, 0, 0}, {3, 6, 50, 3, 2, 0, 0}, {3, 6, 7, 3, 2, 0, 1},
    {5, 8, 50, 1, 2, 1, 0}, {5, 8, 50, 1, 4, 1, 1},  {4, 9, 1, 4, 4, 0, 1},  {2, 5, 333, 16, 1, 0, 0},
};

// What is still to be read of an input.
typedef struct {
    const uint8_t *bytes;
    size_t left;
} reader_t;

static uint8_t next(reader_t *it) {
    if (!it->left) {
        return 0;
    }
    it->left--;
    return *it->bytes++;
}

// A corner mostly, else the next two bytes.
static int16_t number(reader_t *it) {
    static const int16_t corners[] = {-32768, -32767, -3, -1, 0, 1, 2, 3, 900, 32766, 32767};
    const uint8_t byte = next(it);
    return byte < sizeof(corners) / sizeof(*corners) ? corners[byte] : (int16_t)(byte << 8 | next(it));
}

static void demand(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "does not hold: %s\n", what);
        abort();
    }
}

static uint32_t crc(const uint8_t *bytes, size_t n) {
    uint32_t sum = ~0u;
    for (size_t i = 0; i < n; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
        }
    }
    return ~sum;
}

static void put_u32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

// Exports, changes bytes, and takes it in again, at once or in parts; a state as it was leads to the same digest.
static void reload(dlm_t *net, reader_t *it) {
    const size_t size = dlm_state_size(net);
    const uint8_t changes = next(it) % 5, parts = next(it) & 1;
    uint8_t *state = malloc(STATE);
    demand(size <= STATE, "room for the state");
    dlm_export(net, state);
    for (uint8_t i = 0; i < changes; i++) {
        const size_t at = (size_t)(next(it) << 8 | next(it)) % (size - 4);
        state[at] = next(it);
    }
    put_u32(state + size - 4, crc(state, size - 4));
    uint8_t *exact = malloc(size);
    memcpy(exact, state, size);
    free(state);
    const uint32_t before = dlm_digest(net);
    int status = 0;
    if (parts) {
        for (uint32_t at = 0; at < size && !status; at += 50) {
            status = dlm_import_part(net, at, exact + at, size - at < 50 ? (uint32_t)(size - at) : 50);
        }
        status = status ? status : dlm_import_staged(net, (uint32_t)size);
    } else {
        status = dlm_import(net, exact, size);
    }
    free(exact);
    demand(status <= 0, "status of an import");
    demand(!(status || !changes) || dlm_digest(net) == before, "what was refused, or is the same, has changed nothing");
}

static void event(reader_t *it, const dlm_config_t *config, int16_t *x) {
    for (uint16_t i = 0; i < config->n_features; i++) {
        x[i] = number(it);
    }
}

static int32_t label_of(reader_t *it, const dlm_config_t *config) {
    return config->regression ? number(it) : (int32_t)(next(it) % (config->n_classes + 1)) - (next(it) == 255);
}

// Carries one operation out; 0 or a negative status.
static int operate(dlm_t *net, const dlm_config_t *config, uint8_t which, reader_t *it) {
    int16_t *x = malloc(config->n_features * sizeof(*x));  // of exactly its size, for the sanitizers
    uint32_t unknowns[DLM_LIMIT_UNKNOWNS], n = dlm_unknowns(net, unknowns);
    dlm_learned_t learned;
    dlm_answer_t answer;
    int status = 0;
    switch (which) {
    case 0:
        event(it, config, x);
        status = dlm_learn_begin(net, x, label_of(it, config), &learned);
        break;
    case 1:
        status = dlm_build_step(net, 1u << next(it) % 16) < 0 ? 1 : 0;
        break;
    case 2:
        status = dlm_undo(net);
        break;
    case 3:
        status = dlm_forget(net, next(it));
        break;
    case 4:
        status = dlm_relabel(net, next(it), label_of(it, config));
        break;
    case 5:
        status = dlm_correct(net, label_of(it, config), &learned);
        break;
    case 6:
        status = dlm_drop(net);
        break;
    case 7:
        n = n ? next(it) % (n + 1) : 0;
        status = dlm_name(net, unknowns, n, label_of(it, config), &learned);
        break;
    case 8:
        status = dlm_rename_class(net, label_of(it, config), label_of(it, config));
        break;
    case 9:
        status = dlm_drop_class(net, label_of(it, config));
        break;
    case 10:
        dlm_freeze(net, next(it) & 1);
        break;
    case 11:
    case 12:
    case 13:
        event(it, config, x);
        dlm_infer(net, x, &answer);
        demand(answer.n_nearest <= DLM_LIMIT_NEAREST && answer.label < config->n_classes, "an answer");
        break;
    case 14:
        while (dlm_build_step(net, 1000)) {
        }
        reload(net, it);
        break;
    default:
        event(it, config, x);
        status = dlm_learn(net, x, label_of(it, config), &learned);
    }
    free(x);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    reader_t it = {data, size};
    const dlm_config_t *config = &configs[next(&it) % (sizeof(configs) / sizeof(*configs))];
    const size_t bytes = dlm_footprint(config);
    void *buffer = malloc(bytes);
    dlm_t *net;
    demand(!dlm_init(config, buffer, bytes, &net), "init");
    for (int i = 0; i < OPERATIONS && it.left; i++) {
        dlm_info_t before, after;
        dlm_info(net, &before);
        const uint32_t digest = before.building ? 0 : dlm_digest(net);
        const int status = operate(net, config, next(&it) % 24, &it);
        dlm_info(net, &after);
        demand(status <= 0 && after.n_neurons <= config->n_events, "status and neurons");
        if (status && !before.building) {
            demand(!after.building && dlm_digest(net) == digest, "what fails has changed nothing");
        }
    }
    free(buffer);
    return 0;
}

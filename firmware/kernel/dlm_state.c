// SPDX-License-Identifier: MIT
// Export, import and digest: the canonical little-endian bytes. Twin of host/deeplomath/mirror/state.py. NUMERICS.md,
// State and Digest.
#include "dlm_kernel.h"

#define MAGIC 0x534d4c44u  // "DLMS"
#define CONFIG_BYTES 17u   // of the header: what says whether a state is for this network
#define COUNTS_AT 18u      // in the header: events kept, entries of experience

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FLIP(size) ((size) - 1)
#else
#define FLIP(size) 0
#endif

// Where the bytes of numbers go: all into a CRC-32, those of a part to memory; in an exchange, what was there takes
// their place.
typedef struct {
    uint32_t crc;
    uint32_t skip;  // bytes before the part
    uint32_t left;  // bytes of the part that are still to come
    uint8_t *at;
    int exchange;
} stream_t;

static uint32_t crc_byte(uint32_t crc, uint8_t byte) {
    static const uint32_t nibbles[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    crc ^= byte;
    crc = (crc >> 4) ^ nibbles[crc & 15];
    return (crc >> 4) ^ nibbles[crc & 15];
}

// Lets the bytes of an array pass, little-endian; its numbers are of `size` bytes each.
static void pass(stream_t *stream, const void *numbers, size_t bytes, unsigned size) {
    (void)size;  // where numbers lie little-endian in memory
    for (size_t i = 0; i < bytes; i++) {
        uint8_t *byte = (uint8_t *)(uintptr_t)numbers + (i ^ FLIP(size));
        const uint8_t value = *byte;
        stream->crc = crc_byte(stream->crc, value);
        if (stream->skip) {
            stream->skip--;
        } else if (stream->left) {
            stream->left--;
            if (stream->exchange) {
                *byte = *stream->at;
            }
            *stream->at++ = value;
        }
    }
}

static void pass_u32(stream_t *stream, uint32_t value) {
    pass(stream, &value, 4, 4);
}

// The constants, so that a kernel built with others is found out at once; the table of 2^-x only while nothing is
// learned.
static void pass_constants(stream_t *stream, const dlm_t *net) {
    static const uint32_t constants[] = DLM_DIGESTED;
    pass(stream, constants, sizeof(constants), 4);
    if (!net->n_events) {
        pass(stream, dlm_exp2_q30, 4 * ((1u << DLM_KERNEL_EXPONENT_STEP_BITS) + 1), 4);
    }
}

// The header's first CONFIG_BYTES.
static void pass_config(stream_t *stream, const dlm_t *net) {
    const dlm_config_t *config = &net->config;
    const uint16_t words[] = {
        MAGIC & 0xffff,
        MAGIC >> 16,
        DLM_VERSION_STATE,
        DLM_VERSION_SPEC,
        config->n_features,
        (uint16_t)(config->n_classes | config->n_layers << 8),
        config->n_events,
        config->false_reject_permille,
        (uint16_t)(config->regression | config->background << 1),
    };
    pass(stream, words, CONFIG_BYTES, 2);
}

// The rest of the header, the class clocks, and so many events and entries of experience.
static void pass_kept(stream_t *stream, const dlm_t *net, uint32_t n_events, uint32_t n_experience) {
    pass(stream, &net->frozen, 1, 1);
    pass(stream, &net->n_events, 2, 2);
    pass(stream, &net->n_experience, 2, 2);
    pass(stream, &net->clock, 4, 4);
    pass(stream, net->class_clock, 4u * net->config.n_classes, 4);
    for (uint32_t i = 0; i < n_events; i++) {
        const dlm_event_t *event = &dlm_events(net)[i];
        pass(stream, &event->id, 8, 4);
        pass(stream, &event->label, 4, 2);
        pass(stream, dlm_event_x(net, i), 2u * net->config.n_features, 2);
    }
    for (uint32_t i = 0; i < n_experience; i++) {
        const dlm_experience_t *entry = &dlm_experience(net)[i];
        pass(stream, &entry->event, 4, 4);
        pass(stream, &entry->novelty_q12, 4, 2);
    }
}

static void pass_state(stream_t *stream, const dlm_t *net) {
    pass_config(stream, net);
    pass_kept(stream, net, net->n_events, net->n_experience);
}

// Rows of int16.
static void pass_rows(stream_t *stream, const int16_t *rows, uint32_t m, uint32_t n, uint32_t stride) {
    for (; m; m--, rows += stride) {
        pass(stream, rows, 2 * n, 2);
    }
}

static void pass_layer(stream_t *stream, const dlm_t *net, unsigned index) {
    const dlm_layer_t *layer = &dlm_live(net)->layers[index];
    const uint32_t n = dlm_coordinates(&net->config, index), stride = dlm_stride(&net->config, index);
    const uint32_t m = net->n_events;
    pass(stream, &layer->share_q16, 12, 4);  // and the width
    pass(stream, DLM_AT(net, uint32_t, layer->s2_q16), 4u * net->config.n_features, 4);
    pass_rows(stream, DLM_AT(net, int16_t, layer->scaled_q8), m, n, stride);
    pass(stream, &layer->alpha_shift, 4, 4);
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        pass(stream, DLM_AT(net, uint16_t, layer->alpha) + c * dlm_even(m), 2 * m, 2);
    }
}

// What the network measures in: for the known set, and for the layers.
static void pass_metrics(stream_t *stream, const dlm_t *net) {
    const dlm_network_t *live = dlm_live(net);
    const uint32_t d = net->config.n_features;
    pass(stream, DLM_AT(net, uint32_t, live->scale), 12 * d, 4);
    pass(stream, DLM_AT(net, uint32_t, live->layer_scale), 12 * d, 4);
    pass(stream, DLM_AT(net, uint16_t, live->window), 4 * d, 2);
    pass_rows(stream, DLM_AT(net, int16_t, live->z_q8), net->n_events, d, dlm_stride(&net->config, 0));
    if (dlm_whitens(&net->config)) {
        for (uint32_t i = 0; i < d; i++) {
            pass(stream, dlm_row(DLM_AT(net, int16_t, live->whitening), i), 2 * (i + 1), 2);
        }
    }
}

uint32_t dlm_digest(const dlm_t *net) {
    const dlm_network_t *live = dlm_live(net);
    stream_t stream = {.crc = UINT32_MAX};
    pass_constants(&stream, net);
    pass_state(&stream, net);
    pass(&stream, live, 4 * DLM_DIGESTED_WORDS, 4);
    pass_u32(&stream, live->depth);
    if (net->n_events) {
        pass_metrics(&stream, net);
    }
    pass(&stream, DLM_AT(net, uint16_t, live->novelty_q12), 2u * net->n_events, 2);
    for (unsigned index = 0; index < live->depth; index++) {
        pass_layer(&stream, net, index);
    }
    return ~stream.crc;
}

size_t dlm_state_size(const dlm_t *net) {
    return dlm_state_bytes(&net->config, net->n_events, net->n_experience);
}

void dlm_export_part(const dlm_t *net, uint32_t offset, uint8_t *part, uint32_t n) {
    stream_t stream = {.crc = UINT32_MAX, .skip = offset, .left = n, .at = part};
    pass_state(&stream, net);
    if (stream.left) {
        pass_u32(&stream, dlm_digest(net));
        pass_u32(&stream, ~stream.crc);
    }
}

void dlm_export(const dlm_t *net, uint8_t *state) {
    dlm_export_part(net, 0, state, (uint32_t)dlm_state_size(net));
}

static uint32_t get(const uint8_t *bytes, unsigned n) {
    uint32_t value = 0;
    while (n--) {
        value = value << 8 | bytes[n];
    }
    return value;
}

int dlm_import_part(dlm_t *net, uint32_t offset, const uint8_t *part, uint32_t n) {
    const uint32_t room = dlm_largest_state(&net->config);
    if (net->frozen) {
        return DLM_ERR_FROZEN;
    }
    if (n > room || offset > room - n) {
        return DLM_ERR_STATE_SIZE;
    }
    memcpy(DLM_AT(net, uint8_t, net->staging) + offset, part, n);
    return 0;
}

// Whether the staged state is whole, and for a network of this config.
static int check_staged(const dlm_t *net, uint32_t size) {
    const uint8_t *state = DLM_AT(net, uint8_t, net->staging);
    uint8_t config[CONFIG_BYTES];
    stream_t stream = {.left = CONFIG_BYTES, .at = config};
    if (size < DLM_STATE_HEADER_BYTES + DLM_STATE_TRAILER_BYTES) {
        return DLM_ERR_STATE_SIZE;
    }
    pass_config(&stream, net);
    for (uint32_t i = 0; i < CONFIG_BYTES; i++) {
        if (state[i] != config[i]) {
            return i < 4 ? DLM_ERR_STATE_MAGIC : i < 8 ? DLM_ERR_STATE_VERSION : DLM_ERR_STATE_CONFIG;
        }
    }
    const uint32_t n_events = get(state + COUNTS_AT, 2), n_experience = get(state + COUNTS_AT + 2, 2);
    if (n_events > net->config.n_events || n_experience > DLM_MEMORY_EXPERIENCE ||
        size != dlm_state_bytes(&net->config, n_events, n_experience)) {
        return DLM_ERR_STATE_SIZE;
    }
    stream.crc = UINT32_MAX;
    pass(&stream, state, size - 4, 1);
    return get(state + size - 4, 4) == ~stream.crc ? 0 : DLM_ERR_STATE_CHECKSUM;
}

// Whether event i that a state brought, of a label within its limits, is touched beyond the clock of its class, or when
// one before it was.
static int wrong_touch(const dlm_t *net, uint32_t i) {
    const dlm_event_t *events = dlm_events(net), *event = &events[i];
    const uint32_t class = dlm_class(net, event->label);
    int wrong = event->touched >= *dlm_class_clock(net, event->label);
    for (uint32_t j = 0; j < i; j++) {
        wrong |= events[j].touched == event->touched && dlm_class(net, events[j].label) == class;
    }
    return wrong;
}

// Whether all that a state brought is within the limits of NUMERICS.md, State.
static int check_kept(const dlm_t *net) {
    int wrong = net->frozen > 1 || net->clock > DLM_LIMIT_CLOCK;
    uint32_t least_id = 0;
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        wrong |= net->class_clock[c] > DLM_LIMIT_CLOCK;
    }
    for (uint32_t i = 0; i < net->n_events; i++) {
        const dlm_event_t *event = &dlm_events(net)[i];
        wrong |= event->id < least_id || event->id >= net->clock || !event->count ||
                 dlm_check_label(net, event->label) || wrong_touch(net, i);
        least_id = event->id + 1;
    }
    for (uint32_t i = 0; i < net->n_experience; i++) {
        const dlm_experience_t *entry = &dlm_experience(net)[i];
        wrong |= entry->event >= net->clock || (entry->margin_q8 & DLM_MARGIN) > DLM_MARGIN_MAX_Q8;
    }
    return wrong ? DLM_ERR_STATE_EVENT : 0;
}

// Exchanges all that is kept for what is staged, its experience where that of a largest state lies.
static void exchange(dlm_t *net) {
    stream_t stream = {.left = UINT32_MAX, .at = DLM_AT(net, uint8_t, net->staging) + CONFIG_BYTES, .exchange = 1};
    pass_kept(&stream, net, net->config.n_events, DLM_MEMORY_EXPERIENCE);
}

int dlm_import_staged(dlm_t *net, uint32_t size) {
    uint8_t *state = DLM_AT(net, uint8_t, net->staging);
    if (net->frozen) {
        return DLM_ERR_FROZEN;
    }
    dlm_finish(net);
    int error = check_staged(net, size);
    if (error) {
        return error;
    }
    const uint32_t digest = get(state + size - DLM_STATE_TRAILER_BYTES, 4);
    const uint32_t n_events = get(state + COUNTS_AT, 2);
    memmove(state + dlm_experience_at(&net->config, net->config.n_events),
            state + dlm_experience_at(&net->config, n_events), DLM_MEMORY_EXPERIENCE * DLM_STATE_EXPERIENCE_BYTES);
    exchange(net);
    error = check_kept(net);
    if (!error) {
        dlm_rebuild(net);
        error = dlm_digest(net) == digest ? 0 : DLM_ERR_STATE_DIGEST;
    }
    if (error) {
        exchange(net);
        dlm_rebuild(net);
    } else {
        dlm_forget_asked(net);
    }
    memset(state, 0, dlm_largest_state(&net->config));  // nothing of it may pass for a part of the next one
    return error;
}

int dlm_import(dlm_t *net, const uint8_t *state, size_t size) {
    const uint32_t bytes = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    const int error = dlm_import_part(net, 0, state, bytes);
    return error ? error : dlm_import_staged(net, bytes);
}

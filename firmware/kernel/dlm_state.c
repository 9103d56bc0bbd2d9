// SPDX-License-Identifier: MIT
// Export, import and digest: the canonical little-endian bytes. Twin of host/deeplomath/state.py. NUMERICS.md, State and Digest.
#include "dlm_kernel.h"

#define MAGIC 0x534d4c44u  // "DLMS"
#define HEADER_BYTES 26u
#define EXPERIENCE_BYTES 8u
#define TRAILER_BYTES 8u  // digest, CRC-32 of all before it

// Where bytes go: into a CRC-32, and to memory if there is any.
typedef struct {
    uint32_t crc;
    uint8_t *out;
} sink_t;

static uint32_t crc_byte(uint32_t crc, uint8_t byte) {
    static const uint32_t nibbles[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    crc ^= byte;
    crc = (crc >> 4) ^ nibbles[crc & 15];
    return (crc >> 4) ^ nibbles[crc & 15];
}

static void put(sink_t *sink, uint32_t value, unsigned bytes) {
    for (; bytes; bytes--, value >>= 8) {
        sink->crc = crc_byte(sink->crc, (uint8_t)value);
        if (sink->out) {
            *sink->out++ = (uint8_t)value;
        }
    }
}

static void put_u32(sink_t *sink, const uint32_t *values, size_t n) {
    for (; n; n--) {
        put(sink, *values++, 4);
    }
}

static void put_u16(sink_t *sink, const uint16_t *values, size_t n) {
    for (; n; n--) {
        put(sink, *values++, 2);
    }
}

// The constants, so that a kernel built with others is found out at once; the table of 2^-x only while nothing is learned.
static void put_constants(sink_t *sink, const dlm_t *net) {
    static const uint32_t constants[] = DLM_DIGESTED;
    put_u32(sink, constants, sizeof(constants) / sizeof(constants[0]));
    if (!net->n_events) {
        put_u32(sink, dlm_exp2_q30, (1u << DLM_KERNEL_EXPONENT_STEP_BITS) + 1);
    }
}

static void put_header(sink_t *sink, const dlm_t *net) {
    put(sink, MAGIC, 4);
    put(sink, DLM_VERSION_STATE, 2);
    put(sink, DLM_VERSION_SPEC, 2);
    put(sink, net->config.n_features, 2);
    put(sink, net->config.n_classes, 1);
    put(sink, net->config.n_layers, 1);
    put(sink, net->config.n_events, 2);
    put(sink, net->config.false_reject_permille, 2);
    put(sink, (uint32_t)(net->config.regression | net->config.background << 1), 1);
    put(sink, net->frozen, 1);
    put(sink, net->n_events, 2);
    put(sink, net->n_experience, 2);
    put(sink, net->clock, 4);
}

static void put_events(sink_t *sink, const dlm_t *net) {
    for (uint32_t i = 0; i < net->n_events; i++) {
        const dlm_event_t *event = &dlm_events(net)[i];
        put(sink, event->id, 4);
        put(sink, event->touched, 4);
        put(sink, (uint16_t)event->label, 2);
        put(sink, event->count, 2);
        put_u16(sink, (const uint16_t *)(const void *)dlm_event_x(net, i), net->config.n_features);
    }
    for (uint32_t i = 0; i < net->n_experience; i++) {
        put(sink, dlm_experience(net)[i].event, 4);
        put(sink, dlm_experience(net)[i].novelty_q12, 2);
        put(sink, dlm_experience(net)[i].margin_q8, 2);
    }
}

static void put_layer(sink_t *sink, const dlm_t *net, unsigned index) {
    const dlm_layer_t *layer = &dlm_live(net)->layers[index];
    const uint32_t n = dlm_coordinates(&net->config, index), stride = dlm_stride(&net->config, index);
    put(sink, layer->width.mantissa, 4);
    put(sink, layer->width.shift, 4);
    put_u32(sink, DLM_AT(net, uint32_t, layer->s2_q16), net->config.n_features);
    for (uint32_t i = 0; i < net->n_events; i++) {
        put_u16(sink, DLM_AT(net, uint16_t, layer->n_q8) + (size_t)i * stride, n);
    }
    put(sink, layer->alpha_shift, 4);
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        put_u16(sink, DLM_AT(net, uint16_t, layer->alpha) + c * dlm_even(net->n_events), net->n_events);
    }
}

uint32_t dlm_digest(const dlm_t *net) {
    const dlm_network_t *live = dlm_live(net);
    sink_t sink = {UINT32_MAX, NULL};
    put_constants(&sink, net);
    put_header(&sink, net);
    put_events(&sink, net);
    put_u32(&sink, (const uint32_t *)(const void *)live, DLM_DIGESTED_WORDS);
    put(&sink, live->depth, 4);
    put_u32(&sink, DLM_AT(net, uint32_t, live->scale), net->n_events ? 3u * net->config.n_features : 0u);
    put_u16(&sink, DLM_AT(net, uint16_t, live->novelty_q12), net->n_events);
    for (unsigned index = 0; index < live->depth; index++) {
        put_layer(&sink, net, index);
    }
    return ~sink.crc;
}

static size_t record_bytes(const dlm_t *net) {
    return 12u + 2u * net->config.n_features;
}

size_t dlm_state_size(const dlm_t *net) {
    return HEADER_BYTES + net->n_events * record_bytes(net) + net->n_experience * EXPERIENCE_BYTES + TRAILER_BYTES;
}

void dlm_export(const dlm_t *net, uint8_t *state) {
    sink_t sink = {UINT32_MAX, state};
    put_header(&sink, net);
    put_events(&sink, net);
    put(&sink, dlm_digest(net), 4);
    put(&sink, ~sink.crc, 4);
}

static uint32_t get(const uint8_t *bytes, unsigned n) {
    uint32_t value = 0;
    while (n--) {
        value = value << 8 | bytes[n];
    }
    return value;
}

static int check_config(const dlm_t *net, const uint8_t *state) {
    const dlm_config_t *config = &net->config;
    return get(state + 8, 2) == config->n_features && state[10] == config->n_classes && state[11] == config->n_layers &&
           get(state + 12, 2) == config->n_events && get(state + 14, 2) == config->false_reject_permille &&
           state[16] == (config->regression | config->background << 1);
}

// Whether a record follows the one before, is of the past, and has a label and a count within their limits.
static int check_record(const dlm_t *net, const uint8_t *record, uint32_t least_id, uint32_t clock) {
    const uint32_t id = get(record, 4), touched = get(record + 4, 4);
    const uint32_t label = get(record + 8, 2), count = get(record + 10, 2);
    return id >= least_id && id <= touched && touched < clock &&
           (net->config.regression || label < net->config.n_classes) && count >= 1 && count <= DLM_LIMIT_COUNT;
}

// Whether state is one that dlm_export wrote, whole, for a network of this config.
static int check_state(const dlm_t *net, const uint8_t *state, size_t size) {
    if (size < HEADER_BYTES + TRAILER_BYTES) {
        return DLM_ERR_STATE_SIZE;
    }
    if (get(state, 4) != MAGIC) {
        return DLM_ERR_STATE_MAGIC;
    }
    if (get(state + 4, 2) != DLM_VERSION_STATE || get(state + 6, 2) != DLM_VERSION_SPEC) {
        return DLM_ERR_STATE_VERSION;
    }
    if (!check_config(net, state)) {
        return DLM_ERR_STATE_CONFIG;
    }
    const uint32_t n_events = get(state + 18, 2), n_experience = get(state + 20, 2);
    const size_t whole = HEADER_BYTES + n_events * record_bytes(net) + n_experience * EXPERIENCE_BYTES + TRAILER_BYTES;
    if (n_events > net->config.n_events || n_experience > DLM_MEMORY_EXPERIENCE || size != whole) {
        return DLM_ERR_STATE_SIZE;
    }
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size - 4; i++) {
        crc = crc_byte(crc, state[i]);
    }
    if (get(state + size - 4, 4) != ~crc) {
        return DLM_ERR_STATE_CHECKSUM;
    }
    const uint8_t *record = state + HEADER_BYTES;
    uint32_t least_id = 0;
    for (uint32_t i = 0; i < n_events; i++, record += record_bytes(net)) {
        if (!check_record(net, record, least_id, get(state + 22, 4))) {
            return DLM_ERR_STATE_EVENT;
        }
        least_id = get(record, 4) + 1;
    }
    return state[17] > 1 || get(state + 22, 4) >> 31 ? DLM_ERR_STATE_EVENT : 0;
}

static void get_record(dlm_t *net, uint32_t i, const uint8_t *record) {
    dlm_event_t *event = &dlm_events(net)[i];
    event->id = get(record, 4);
    event->touched = get(record + 4, 4);
    event->label = (int16_t)(uint16_t)get(record + 8, 2);
    event->count = (uint16_t)get(record + 10, 2);
    for (uint32_t k = 0; k < net->config.n_features; k++) {
        dlm_event_x(net, i)[k] = (int16_t)(uint16_t)get(record + 12 + 2 * k, 2);
    }
}

int dlm_import(dlm_t *net, const uint8_t *state, size_t size) {
    const int error = check_state(net, state, size);
    if (error) {
        return error;
    }
    dlm_clear(net);
    net->frozen = state[17];
    net->n_events = (uint16_t)get(state + 18, 2);
    net->n_experience = (uint16_t)get(state + 20, 2);
    net->clock = get(state + 22, 4);
    const uint8_t *at = state + HEADER_BYTES;
    for (uint32_t i = 0; i < net->n_events; i++, at += record_bytes(net)) {
        get_record(net, i, at);
    }
    for (uint32_t i = 0; i < net->n_experience; i++, at += EXPERIENCE_BYTES) {
        dlm_experience(net)[i].event = get(at, 4);
        dlm_experience(net)[i].novelty_q12 = (uint16_t)get(at + 4, 2);
        dlm_experience(net)[i].margin_q8 = (uint16_t)get(at + 6, 2);
    }
    dlm_build_begin(net);
    dlm_finish(net);
    if (dlm_digest(net) != get(at, 4)) {
        dlm_clear(net);
        return DLM_ERR_STATE_DIGEST;
    }
    return 0;
}

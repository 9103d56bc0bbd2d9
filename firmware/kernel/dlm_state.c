// SPDX-License-Identifier: MIT
// Export, import and digest: the canonical little-endian bytes. Twin of host/deeplomath/state.py. NUMERICS.md, State and Digest.
#include "dlm_kernel.h"

#define MAGIC 0x534d4c44u  // "DLMS"
#define HEADER_BYTES 22u
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
    if (!net->n_neurons) {
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
    put(sink, net->n_neurons, 2);
    put(sink, net->clock, 4);
}

static void put_events(sink_t *sink, const dlm_t *net) {
    const uint32_t d = net->config.n_features;
    for (uint32_t i = 0; i < net->n_neurons; i++) {
        put(sink, DLM_AT(net, uint32_t, net->id)[i], 4);
        put(sink, DLM_AT(net, uint32_t, net->touched)[i], 4);
        put(sink, DLM_AT(net, uint8_t, net->label)[i], 1);
        put(sink, DLM_AT(net, uint8_t, net->count)[i], 1);
        put_u16(sink, DLM_AT(net, uint16_t, net->x) + (size_t)i * d, d);
    }
}

static void put_layer(sink_t *sink, const dlm_t *net, unsigned index) {
    const dlm_layer_t *layer = &net->layers[index];
    const uint32_t n = dlm_coordinates(&net->config, index), stride = dlm_stride(&net->config, index);
    put(sink, layer->width.mantissa, 4);
    put(sink, layer->width.shift, 4);
    put_u32(sink, DLM_AT(net, uint32_t, layer->s2_q16), net->config.n_features);
    for (uint32_t i = 0; i < net->n_neurons; i++) {
        put_u16(sink, DLM_AT(net, uint16_t, layer->n_q8) + (size_t)i * stride, n);
    }
    put_u32(sink, DLM_AT(net, uint32_t, layer->alpha_q20), (size_t)net->n_neurons * net->config.n_classes);
}

uint32_t dlm_digest(const dlm_t *net) {
    const uint32_t d = net->config.n_features;
    sink_t sink = {UINT32_MAX, NULL};
    put_constants(&sink, net);
    put_header(&sink, net);
    put_events(&sink, net);
    put(&sink, net->spacing_q12, 4);
    put(&sink, net->level_q12, 4);
    put(&sink, net->error_q16, 4);
    put(&sink, net->depth, 1);
    if (net->n_neurons) {
        put_u32(&sink, DLM_AT(net, uint32_t, net->mean_q8), d);
        put_u32(&sink, DLM_AT(net, uint32_t, net->mantissa), d);
        for (uint32_t k = 0; k < d; k++) {
            put(&sink, DLM_AT(net, uint8_t, net->shift)[k], 1);
        }
        put_u16(&sink, DLM_AT(net, uint16_t, net->novelty_q12), net->n_neurons);
    }
    for (unsigned index = 0; index < net->depth; index++) {
        put_layer(&sink, net, index);
    }
    return ~sink.crc;
}

static size_t record_bytes(const dlm_t *net) {
    return 10u + 2u * net->config.n_features;
}

size_t dlm_state_size(const dlm_t *net) {
    return HEADER_BYTES + net->n_neurons * record_bytes(net) + TRAILER_BYTES;
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
    if (get(state + 8, 2) != net->config.n_features || state[10] != net->config.n_classes ||
        state[11] != net->config.n_layers || get(state + 12, 2) != net->config.n_events ||
        get(state + 14, 2) != net->config.false_reject_permille) {
        return DLM_ERR_STATE_CONFIG;
    }
    const uint32_t n_neurons = get(state + 16, 2);
    if (n_neurons > net->config.n_events || size != HEADER_BYTES + n_neurons * record_bytes(net) + TRAILER_BYTES) {
        return DLM_ERR_STATE_SIZE;
    }
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size - 4; i++) {
        crc = crc_byte(crc, state[i]);
    }
    if (get(state + size - 4, 4) != ~crc) {
        return DLM_ERR_STATE_CHECKSUM;
    }
    for (uint32_t i = 0; i < n_neurons; i++) {
        const uint8_t *record = state + HEADER_BYTES + i * record_bytes(net);
        if (record[8] >= net->config.n_classes || record[9] < 1 || record[9] > DLM_LIMIT_COUNT) {
            return DLM_ERR_STATE_EVENT;
        }
    }
    return 0;
}

int dlm_import(dlm_t *net, const uint8_t *state, size_t size) {
    const uint32_t d = net->config.n_features;
    int error = check_state(net, state, size);
    if (error) {
        return error;
    }
    net->n_neurons = (uint16_t)get(state + 16, 2);
    net->clock = get(state + 18, 4);
    const uint8_t *record = state + HEADER_BYTES;
    for (uint32_t i = 0; i < net->n_neurons; i++, record += record_bytes(net)) {
        DLM_AT(net, uint32_t, net->id)[i] = get(record, 4);
        DLM_AT(net, uint32_t, net->touched)[i] = get(record + 4, 4);
        DLM_AT(net, uint8_t, net->label)[i] = record[8];
        DLM_AT(net, uint8_t, net->count)[i] = record[9];
        for (uint32_t k = 0; k < d; k++) {
            DLM_AT(net, uint16_t, net->x)[i * d + k] = (uint16_t)get(record + 10 + 2 * k, 2);
        }
    }
    dlm_build(net);
    if (dlm_digest(net) != get(record, 4)) {
        dlm_clear(net);
        return DLM_ERR_STATE_DIGEST;
    }
    return 0;
}

// SPDX-License-Identifier: MIT
// What a network may be, and where its parts lie in its buffer. Twin of host/deeplomath/mirror/layout.py. NUMERICS.md,
// Footprint.
#include "dlm_kernel.h"

int dlm_check(const dlm_config_t *config) {
    if (config->n_features < 1 || config->n_features > DLM_LIMIT_FEATURES) {
        return DLM_ERR_FEATURES;
    }
    if (config->n_classes < 1 || config->n_classes > DLM_LIMIT_CLASSES) {
        return DLM_ERR_CLASSES;
    }
    if (config->n_events < 1 || config->n_events > DLM_LIMIT_EVENTS) {
        return DLM_ERR_EVENTS;
    }
    if (config->n_layers < 1 || config->n_layers > DLM_LIMIT_LAYERS) {
        return DLM_ERR_LAYERS;
    }
    if (config->regression > 1 || config->background > 1 || (config->regression && config->n_classes != 1)) {
        return DLM_ERR_MODE;
    }
    if (config->false_reject_permille < DLM_LIMIT_FALSE_REJECT_PERMILLE_MIN ||
        config->false_reject_permille > DLM_LIMIT_FALSE_REJECT_PERMILLE) {
        return DLM_ERR_FALSE_REJECT;
    }
    return 0;
}

typedef char header_has_the_size_that_the_mirror_counts_on[sizeof(dlm_t) == DLM_FOOTPRINT_HEADER ? 1 : -1];

dlm_network_t *dlm_live(const dlm_t *net) {
    return (dlm_network_t *)(uintptr_t)&net->networks[net->live];
}

dlm_network_t *dlm_next(const dlm_t *net) {
    return (dlm_network_t *)(uintptr_t)&net->networks[!net->live];
}

uint32_t dlm_experience_at(const dlm_config_t *config, uint32_t n_events) {
    return DLM_STATE_HEADER_BYTES + 4u * config->n_classes + n_events * (12u + 2u * config->n_features);
}

uint32_t dlm_state_bytes(const dlm_config_t *config, uint32_t n_events, uint32_t n_experience) {
    return dlm_experience_at(config, n_events) + n_experience * DLM_STATE_EXPERIENCE_BYTES + DLM_STATE_TRAILER_BYTES;
}

uint32_t dlm_largest_state(const dlm_config_t *config) {
    return dlm_state_bytes(config, config->n_events, DLM_MEMORY_EXPERIENCE);
}

// Gives n fields of struct_, from the one at `first` on, offsets of so many bytes each, in steps of 8.
static void place(void *struct_, size_t first, const uint32_t *bytes, uint32_t n, uint32_t *end) {
    uint32_t *offset = DLM_AT(struct_, uint32_t, first);
    for (; n; n--) {
        *offset++ = *end;
        *end += (*bytes++ + 7u) & ~7u;
    }
}

#define PLACE(struct_, first, bytes, end)                                                                              \
    place(struct_, offsetof(__typeof__(*(struct_)), first), bytes, sizeof(bytes) / sizeof(*(bytes)), end)

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

// Bytes of so many rows of dlm_row.
static uint32_t packed_bytes(uint32_t rows) {
    const uint32_t blocks = (rows + 3) / 4;
    return 16 * blocks * (blocks + 1);
}

static void lay_out_network(dlm_network_t *network, const dlm_config_t *config, uint32_t *end) {
    const uint32_t d = config->n_features, m = config->n_events;
    const uint32_t whitening = dlm_whitens(config) ? packed_bytes(d) : 0;
    const uint32_t bytes[] = {2 * m, 4 * m, 12 * d, 2 * m, 2 * m * dlm_even(d), 12 * d, 4 * d, whitening};
    PLACE(network, label, bytes, end);
    for (unsigned index = 0; index < config->n_layers; index++) {
        const uint32_t alpha = 2 * dlm_even(m) * config->n_classes;
        const uint32_t of_layer[] = {2 * m * dlm_stride(config, index), alpha, 4 * d, 2 * d};
        PLACE(&network->layers[index], scaled_q8, of_layer, end);
    }
}

uint32_t dlm_lay_out(dlm_t *net, const dlm_config_t *config) {
    const uint32_t d = config->n_features, m = config->n_events, answers = 4 * m * config->n_classes;
    const uint32_t bytes[] = {
        2 * m * d,                                              // x
        12 * m,                                                 // events
        8 * DLM_MEMORY_EXPERIENCE,                              // experience
        2 * DLM_LIMIT_UNKNOWNS * d,                             // unknown_x
        4 * DLM_LIMIT_UNKNOWNS,                                 // unknown_id
        sizeof(dlm_undo_t) * DLM_LIMIT_UNKNOWNS,                // undo
        2 * DLM_LIMIT_UNKNOWNS * d,                             // undo_x
        2 * d,                                                  // seen_x
        dlm_largest_state(config),                              // staging
        larger(packed_bytes(m), 2 * d * dlm_even(m)),           // packed, across
        4 * m,                                                  // root_q28
        2 * dlm_even(m) * config->n_classes,                    // v_q11
        larger(answers, 4 * larger(m, DLM_MEMORY_EXPERIENCE)),  // alpha_q21, left_out_q16, ranked
        4 * m,                                                  // reciprocal, nearest_any
        16 * (dlm_whitens(config) ? larger(m, d) : m),          // columns
        4 * m,                                                  // norm_q16
        answers,                                                // mixed_q16
        8 * d,                                                  // energy
        4 * m,                                                  // nearest_own
        6 * dlm_stride(config, 1),                              // query_q8
        2 * m,                                                  // query_k_q15
    };
    uint32_t end = sizeof(dlm_t);
    net->config = *config;
    PLACE(net, x, bytes, &end);
    net->across = net->packed;
    net->left_out_q16 = net->ranked = net->alpha_q21;
    net->nearest_any = net->reciprocal;
    lay_out_network(&net->networks[0], config, &end);
    net->networks[1] = net->networks[0];  // the same arrays: a rebuild at once needs no old network
    if (config->background) {
        lay_out_network(&net->networks[1], config, &end);
    }
    return end;
}

size_t dlm_footprint(const dlm_config_t *config) {
    dlm_t net;
    return dlm_lay_out(&net, config);
}

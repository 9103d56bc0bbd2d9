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

// Takes `bytes` at the end, in steps of 8, and returns their offset.
static uint32_t take(uint32_t *end, uint32_t bytes) {
    uint32_t offset = *end;
    *end += (bytes + 7u) & ~7u;
    return offset;
}

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static void lay_out_network(dlm_network_t *network, const dlm_config_t *config, uint32_t *end) {
    const uint32_t d = config->n_features, m = config->n_events;
    network->label = take(end, 2 * m);
    network->id = take(end, 4 * m);
    network->scale = take(end, 12 * d);
    network->novelty_q12 = take(end, 2 * m);
    for (unsigned index = 0; index < config->n_layers; index++) {
        dlm_layer_t *layer = &network->layers[index];
        layer->scaled_q8 = take(end, 2 * m * dlm_stride(config, index));
        layer->alpha = take(end, 2 * dlm_even(m) * config->n_classes);
        layer->s2_q16 = take(end, 4 * d);
        layer->s_q12 = take(end, 2 * d);
    }
}

static void lay_out_factor(dlm_factor_t *factor, const dlm_config_t *config, uint32_t rows, uint32_t *end) {
    const uint32_t m = config->n_events, blocks = (rows + 3) / 4;
    factor->packed = take(end, 16 * blocks * (blocks + 1));
    factor->root_q28 = take(end, 4 * m);
    factor->v_q11 = take(end, 2 * dlm_even(m) * config->n_classes);
}

uint32_t dlm_lay_out(dlm_t *net, const dlm_config_t *config) {
    const uint32_t d = config->n_features, m = config->n_events, n_classes = config->n_classes;
    uint32_t end = 0;
    take(&end, sizeof(dlm_t));
    net->config = *config;
    net->x = take(&end, 2 * m * d);
    net->events = take(&end, 12 * m);
    net->experience = take(&end, 8 * DLM_MEMORY_EXPERIENCE);
    net->unknown_x = take(&end, 2 * DLM_LIMIT_UNKNOWNS * d);
    net->unknown_id = take(&end, 4 * DLM_LIMIT_UNKNOWNS);
    net->undo = take(&end, sizeof(dlm_undo_t) * DLM_LIMIT_UNKNOWNS);
    net->undo_x = take(&end, 2 * DLM_LIMIT_UNKNOWNS * d);
    net->seen_x = take(&end, 2 * d);
    net->staging = take(&end, dlm_largest_state(config));
    lay_out_network(&net->networks[0], config, &end);
    net->networks[1] = net->networks[0];  // the same arrays: a rebuild at once needs no old network
    if (config->background) {
        lay_out_network(&net->networks[1], config, &end);
    }
    lay_out_factor(&net->factors[0], config, m, &end);
    uint32_t overlaid = end;
    lay_out_factor(&net->factors[1], config, dlm_trial(m), &end);
    net->left_out_q16 = take(&overlaid, 4 * m * n_classes);
    net->alpha_q21 = net->sorted = take(&overlaid, larger(4 * m * n_classes, 4 * (m + DLM_MEMORY_EXPERIENCE)));
    net->reciprocal = take(&overlaid, 4 * m);
    end = larger(end, overlaid);
    net->columns = take(&end, 16 * m);
    net->norm_q16 = take(&end, 4 * m);
    net->sums_q16 = take(&end, 4 * m * n_classes);
    net->energy = take(&end, 8 * d);
    net->nearest_own = take(&end, 4 * m);
    net->nearest_any = take(&end, 4 * m);
    net->query_q8 = take(&end, 4 * dlm_stride(config, 1));
    net->query_k_q15 = take(&end, 2 * m);
    return end;
}

size_t dlm_footprint(const dlm_config_t *config) {
    dlm_t net;
    return dlm_lay_out(&net, config);
}

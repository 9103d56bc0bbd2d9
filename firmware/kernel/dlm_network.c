// SPDX-License-Identifier: MIT
// The function network: events in, layers found, answers out. Twin of host/deeplomath/network.py. NUMERICS.md, Network.
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
    if (config->false_reject_permille < DLM_LIMIT_FALSE_REJECT_PERMILLE_MIN ||
        config->false_reject_permille > DLM_LIMIT_FALSE_REJECT_PERMILLE) {
        return DLM_ERR_FALSE_REJECT;
    }
    return 0;
}

typedef char header_has_the_size_that_the_mirror_counts_on[sizeof(dlm_t) == DLM_MEMORY_HEADER ? 1 : -1];

// Takes `bytes` at the end, in steps of 8, and returns their offset.
static uint32_t take(uint32_t *end, uint32_t bytes) {
    uint32_t offset = *end;
    *end += (bytes + 7u) & ~7u;
    return offset;
}

// Sets config and every offset; returns the footprint. NUMERICS.md, Memory.
static uint32_t lay_out(dlm_t *net, const dlm_config_t *config) {
    const uint32_t d = config->n_features, m = config->n_events, n_classes = config->n_classes;
    uint32_t end = 0;
    take(&end, sizeof(dlm_t));
    net->config = *config;
    net->x = take(&end, 2 * m * d);
    net->label = take(&end, m);
    net->count = take(&end, m);
    net->touched = take(&end, 4 * m);
    net->id = take(&end, 4 * m);
    net->mean_q8 = take(&end, 4 * d);
    net->mantissa = take(&end, 4 * d);
    net->shift = take(&end, d);
    net->novelty_q12 = take(&end, 2 * m);
    for (unsigned index = 0; index < config->n_layers; index++) {
        dlm_layer_t *layer = &net->layers[index];
        layer->n_q8 = take(&end, 2 * m * dlm_stride(config, index));
        layer->alpha_q20 = take(&end, 4 * m * n_classes);
        layer->s2_q16 = take(&end, 4 * d);
        layer->s_q12 = take(&end, 2 * d);
    }
    net->packed = take(&end, 2 * m * (m + 1));
    net->sums_q16 = take(&end, 4 * m * n_classes);
    net->candidate_q20 = take(&end, 4 * m * n_classes);
    net->reciprocal = take(&end, 8 * m);
    net->moment_q20 = take(&end, 4 * m);
    net->energy = take(&end, 8 * d);
    net->query_q8 = take(&end, 4 * dlm_stride(config, 1));
    return end;
}

size_t dlm_footprint(const dlm_config_t *config) {
    dlm_t net;
    return lay_out(&net, config);
}

int dlm_init(const dlm_config_t *config, void *buffer, size_t size, dlm_t **net) {
    int error = dlm_check(config);
    if (error) {
        return error;
    }
    if (!buffer || ((uintptr_t)buffer & 7u) || size < dlm_footprint(config)) {
        return DLM_ERR_BUFFER;
    }
    dlm_config_t copy = *config;  // config may lie in buffer
    memset(buffer, 0, dlm_footprint(&copy));
    *net = buffer;
    lay_out(*net, &copy);
    dlm_clear(*net);
    return 0;
}

void dlm_clear(dlm_t *net) {
    net->clock = 0;
    net->n_neurons = 0;
    dlm_build(net);
}

// Adds layer `index`'s left-out answers to sums [m][C] and returns the error of their mean over index + 1 layers:
// sum of count (T - F)^2, Q32, below 2^58.
static uint64_t add_answers(dlm_t *net, unsigned index) {
    const uint8_t *count = DLM_AT(net, uint8_t, net->count);
    int32_t *sums = DLM_AT(net, int32_t, net->sums_q16);
    uint64_t error = 0;
    for (uint32_t i = 0; i < net->n_neurons; i++) {
        for (uint32_t c = 0; c < net->config.n_classes; c++) {
            *sums += dlm_left_out(net, index, i, c);
            int64_t miss = dlm_target(net, i, c) - dlm_floor_div(*sums++, (int32_t)index + 1);
            error += count[i] * (uint64_t)(miss * miss);
        }
    }
    return error;
}

static void remove_answers(dlm_t *net, unsigned index) {
    int32_t *sums = DLM_AT(net, int32_t, net->sums_q16);
    for (uint32_t i = 0; i < net->n_neurons; i++) {
        for (uint32_t c = 0; c < net->config.n_classes; c++) {
            *sums++ -= dlm_left_out(net, index, i, c);
        }
    }
}

static void place_first(dlm_t *net) {
    const uint32_t d = net->config.n_features, stride = dlm_stride(&net->config, 0);
    dlm_layer_t *layer = &net->layers[0];
    int16_t *n_q8 = DLM_AT(net, int16_t, layer->n_q8);
    dlm_first_metric(net);
    for (uint32_t i = 0; i < net->n_neurons; i++) {
        dlm_first_coordinates(net, DLM_AT(net, int16_t, net->x) + (size_t)i * d, n_q8 + (size_t)i * stride);
    }
    for (uint32_t k = 0; k < d; k++) {
        DLM_AT(net, uint32_t, layer->s2_q16)[k] = DLM_ONE_Q16;
        DLM_AT(net, uint16_t, layer->s_q12)[k] = DLM_ONE_Q12;
    }
}

// Places the neurons of layer index + 1, which sees the left-out answers of layer `index`.
static void place_next(dlm_t *net, unsigned index) {
    const uint32_t stride = dlm_stride(&net->config, 0), next_stride = dlm_stride(&net->config, 1);
    const int16_t *z = DLM_AT(net, int16_t, net->layers[0].n_q8);
    int16_t *n_q8 = DLM_AT(net, int16_t, net->layers[index + 1].n_q8);
    int32_t answers[DLM_LIMIT_CLASSES];
    dlm_next_metric(net, index);
    for (uint32_t i = 0; i < net->n_neurons; i++) {
        for (uint32_t c = 0; c < net->config.n_classes; c++) {
            answers[c] = dlm_left_out(net, index, i, c);
        }
        dlm_layer_coordinates(net, index + 1, z + (size_t)i * stride, answers, n_q8 + (size_t)i * next_stride);
    }
}

static void count_classes(dlm_t *net) {
    const uint8_t *label = DLM_AT(net, uint8_t, net->label);
    net->present = net->n_present = 0;
    for (uint32_t i = 0; i < net->n_neurons; i++) {
        net->n_present = (uint16_t)(net->n_present + !(net->present >> label[i] & 1));
        net->present = (uint16_t)(net->present | 1u << label[i]);
    }
}

static uint32_t mean_error_q16(const dlm_t *net, uint64_t error) {
    const uint8_t *count = DLM_AT(net, uint8_t, net->count);
    uint32_t total = 0;
    for (uint32_t i = 0; i < net->n_neurons; i++) {
        total += count[i];
    }
    return (uint32_t)(error / total >> 16);
}

void dlm_build(dlm_t *net) {
    uint64_t best = 0;
    count_classes(net);
    net->depth = 0;
    net->error_q16 = 0;
    net->spacing_q12 = net->level_q12 = DLM_ONE_Q12;
    net->s_answer_q12 = dlm_isqrt((uint64_t)net->config.n_features << 24);
    if (!net->n_neurons) {
        return;
    }
    memset(DLM_AT(net, int32_t, net->sums_q16), 0, sizeof(int32_t) * net->n_neurons * net->config.n_classes);
    place_first(net);
    for (unsigned index = 0; index < net->config.n_layers; index++) {
        dlm_solve(net, index);
        uint64_t error = add_answers(net, index);
        if (index && (error >= best || DLM_KERNEL_GAIN_DENOMINATOR * error > DLM_KERNEL_GAIN_NUMERATOR * best)) {
            remove_answers(net, index);
            break;
        }
        best = error;
        net->depth = (uint16_t)(index + 1);
        if (index + 1u < net->config.n_layers) {
            place_next(net, index);
        }
    }
    net->error_q16 = mean_error_q16(net, best);
    dlm_contour(net);
}

int dlm_learn(dlm_t *net, const int16_t *x, int32_t label, dlm_learned_t *learned) {
    const uint32_t d = net->config.n_features, m = net->n_neurons;
    if (label < 0 || label >= net->config.n_classes) {
        return DLM_ERR_LABEL;
    }
    if (m == net->config.n_events) {
        return DLM_ERR_FULL;
    }
    memcpy(DLM_AT(net, int16_t, net->x) + (size_t)m * d, x, sizeof(int16_t) * d);
    DLM_AT(net, uint8_t, net->label)[m] = (uint8_t)label;
    DLM_AT(net, uint8_t, net->count)[m] = 1;
    DLM_AT(net, uint32_t, net->touched)[m] = net->clock;
    DLM_AT(net, uint32_t, net->id)[m] = net->clock;
    net->n_neurons++;
    learned->event = net->clock++;
    dlm_build(net);
    learned->error_q16 = net->error_q16;
    learned->n_neurons = net->n_neurons;
    learned->depth = net->depth;
    return 0;
}

// Answers Q16 [C] of layer `index` at n_q8; in layer 0 also the smallest squared distance Q16 to each class, nearest [C].
static void answer_layer(const dlm_t *net, unsigned index, const int16_t *n_q8, int32_t *answers_q16,
                         uint64_t *nearest) {
    const dlm_layer_t *layer = &net->layers[index];
    const uint32_t n = dlm_coordinates(&net->config, index), stride = dlm_stride(&net->config, index);
    const uint32_t n_classes = net->config.n_classes;
    const int16_t *neuron = DLM_AT(net, int16_t, layer->n_q8);
    const int32_t *alpha = DLM_AT(net, int32_t, layer->alpha_q20);
    const uint8_t *label = DLM_AT(net, uint8_t, net->label);
    int64_t sums[DLM_LIMIT_CLASSES] = {0};  // Q44, within 2^62
    for (uint32_t j = 0; j < net->n_neurons; j++, neuron += stride, alpha += n_classes) {
        uint64_t distance2 = dlm_distance2(n_q8, neuron, n);
        if (!index && distance2 < nearest[label[j]]) {
            nearest[label[j]] = distance2;
        }
        int64_t kernel_q24 = dlm_gauss(distance2, &layer->width) >> 6;
        for (uint32_t c = 0; c < n_classes; c++) {
            sums[c] += kernel_q24 * alpha[c];
        }
    }
    for (uint32_t c = 0; c < n_classes; c++) {
        answers_q16[c] = dlm_saturate(dlm_round_shift(sums[c], 28), DLM_KERNEL_ANSWER_MAX);
    }
}

// The class present with the largest output, the first on a tie.
static uint32_t best_class(const dlm_t *net, const int32_t *outputs_q16) {
    uint32_t best = DLM_LIMIT_CLASSES;
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        if (net->present >> c & 1 && (best == DLM_LIMIT_CLASSES || outputs_q16[c] > outputs_q16[best])) {
            best = c;
        }
    }
    return best;
}

void dlm_infer(dlm_t *net, const int16_t *x, dlm_answer_t *answer) {
    int16_t *z = DLM_AT(net, int16_t, net->query_q8), *n_q8 = z + dlm_stride(&net->config, 1);
    int32_t answers[DLM_LIMIT_CLASSES];
    uint64_t nearest[DLM_LIMIT_CLASSES];
    memset(answer, 0, sizeof(*answer));
    answer->label = -1;
    answer->novelty_q12 = DLM_CONTOUR_NOVELTY_MAX;
    if (!net->n_neurons) {
        return;
    }
    memset(nearest, 0xff, sizeof(nearest));
    dlm_first_coordinates(net, x, z);
    for (unsigned index = 0; index < net->depth; index++) {
        if (index) {
            dlm_layer_coordinates(net, index, z, answers, n_q8);
        }
        answer_layer(net, index, index ? n_q8 : z, answers, nearest);
        for (uint32_t c = 0; c < net->config.n_classes; c++) {
            answer->outputs_q16[c] += answers[c];
        }
    }
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        answer->outputs_q16[c] = dlm_floor_div(answer->outputs_q16[c], net->depth);
    }
    const uint32_t label = best_class(net, answer->outputs_q16);
    answer->label = (int32_t)label;
    answer->margin_q16 = dlm_margin(net, answer->outputs_q16, label);
    answer->distance_q12 = dlm_distance(nearest[label]);
    answer->novelty_q12 = dlm_novelty(net, answer->distance_q12, answer->margin_q16);
    answer->verdict = dlm_verdict(net, answer->novelty_q12, answer->margin_q16);
}

void dlm_info(const dlm_t *net, dlm_info_t *info) {
    info->config = net->config;
    info->clock = net->clock;
    info->error_q16 = net->error_q16;
    info->level_q12 = net->level_q12;
    info->n_neurons = net->n_neurons;
    info->depth = net->depth;
}

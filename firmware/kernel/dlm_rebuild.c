// SPDX-License-Identifier: MIT
// The network made anew from the events kept, row by row, and what that costs. Twin of host/deeplomath/mirror/rebuild.py.
// NUMERICS.md, Rebuild.
#include "dlm_kernel.h"

// Rebuild: phases of rows, each row a step. NUMERICS.md, Rebuild.

enum {
    IDLE,
    VARIANCE,    // of feature `row`
    PLACE,       // event `row` in the first layer
    SPREAD,      // width of the layer
    FACTOR,      // row of A, L and V, of both widths until one is chosen
    ALPHA,       // of the events 4 row..4 row + 3, by their columns of W
    KEEP,        // alpha in 16 bits, and left-out answers
    EARN,        // does the layer?
    SLOPE_GRAM,  // row of K
    SLOPES,      // of event `row`
    PLACE_NEXT,  // event `row` in the next layer
    CONTOUR,
};

// Number of rows of a phase, and multiply-accumulates of a row.
static uint32_t phase_rows(const dlm_config_t *config, unsigned phase, uint32_t m) {
    switch (phase) {
    case VARIANCE:
        return config->n_features;
    case ALPHA:
        return (m + 3) / 4;
    case SPREAD:
    case KEEP:
    case EARN:
    case CONTOUR:
        return 1;
    default:
        return m;
    }
}

// Number of widths that a row of the factor is made for.
static uint32_t n_widths(uint32_t m, uint32_t row) {
    return row < dlm_trial(m) ? 2 : 1;
}

static uint32_t row_work(const dlm_config_t *config, unsigned phase, unsigned layer, uint32_t m, uint32_t row) {
    const uint32_t d = config->n_features, n = dlm_coordinates(config, layer);
    switch (phase) {
    case VARIANCE:
        return 2 * m;
    case PLACE:
        return d;
    case SPREAD:
        return m * n;
    case SLOPE_GRAM:
        return (row + 1) * n;
    case FACTOR:
        return (row + 1) * n + n_widths(m, row) * ((row + 1) * (row + 2) / 2 + row * config->n_classes);
    case ALPHA:
        return 2 * (m - 4 * row) * (m - 4 * row + 1) + 4 * (m - 4 * row) * (config->n_classes + 1u);
    case KEEP:
    case EARN:
        return m * config->n_classes;
    case SLOPES:
        return m * (d + 1);
    case PLACE_NEXT:
        return d + config->n_classes;
    default:
        return m;
    }
}

static uint64_t phase_work(const dlm_config_t *config, unsigned phase, unsigned layer, uint32_t *step) {
    uint64_t work = 0;
    const uint32_t m = config->n_events, rows = phase_rows(config, phase, m);
    for (uint32_t row = 0; row < rows; row++) {
        const uint32_t one = row_work(config, phase, layer, m, row);
        *step = one > *step ? one : *step;
        work += one;
    }
    return work;
}

void dlm_cost(const dlm_config_t *config, dlm_cost_t *cost) {
    uint32_t step = 0;
    uint64_t work = phase_work(config, VARIANCE, 0, &step) + phase_work(config, PLACE, 0, &step) +
                    phase_work(config, CONTOUR, 0, &step);
    for (unsigned layer = 0; layer < config->n_layers; layer++) {
        const unsigned last = layer + 1u < config->n_layers ? PLACE_NEXT : EARN;
        for (unsigned phase = SPREAD; phase <= last; phase++) {
            work += phase_work(config, phase, layer, &step);
        }
    }
    cost->work = work;
    cost->step = step;
    cost->bytes = (uint32_t)dlm_footprint(config);
}

static void count_classes(const dlm_t *net, dlm_network_t *network) {
    network->present = network->n_present = 0;
    for (uint32_t i = 0; i < net->n_events; i++) {
        const uint32_t class = dlm_class(net, dlm_events(net)[i].label);
        network->n_present = (uint16_t)(network->n_present + !(network->present >> class & 1));
        network->present = (uint16_t)(network->present | 1u << class);
    }
    network->share_q16 = network->n_present ? (uint32_t)DLM_ONE_Q16 / network->n_present : 0;
}

static void enter(dlm_t *net, unsigned phase) {
    net->build.phase = (uint16_t)phase;
    net->build.row = 0;
}

uint32_t dlm_event_of_neuron(uint32_t i, uint32_t m) {
    const uint32_t half = (m + 1) / 2, second = i >= half, pair = second ? i - half : i;
    const uint32_t place = 2 * pair + ((0x6996u >> ((pair ^ pair >> 4) & 15) & 1) ^ second);
    return place < m ? place : m - 1;  // of an odd number the last has no neighbour
}

void dlm_build_begin(dlm_t *net) {
    dlm_network_t *next = dlm_next(net);
    next->n_neurons = net->n_events;
    next->depth = 0;
    next->error_q16 = 0;
    next->work = 0;
    next->spacing_q12 = next->level_q12 = DLM_ONE_Q12;
    next->confidence_slope_q16 = next->confidence_at_zero_q16 = 0;
    memset(&next->target, 0, sizeof(next->target));
    count_classes(net, next);
    for (uint32_t i = 0; i < net->n_events; i++) {
        const dlm_event_t *event = dlm_events(net) + dlm_event_of_neuron(i, net->n_events);
        DLM_AT(net, int16_t, next->label)[i] = event->label;
        DLM_AT(net, uint32_t, next->id)[i] = event->id;
    }
    memset(&net->build, 0, sizeof(net->build));
    net->s_answer_q12 = dlm_isqrt((uint64_t)net->config.n_features << 24);
    enter(net, VARIANCE);
    if (!net->n_events) {
        enter(net, IDLE);
        net->live = !net->live;
    }
}

static void place_first(dlm_t *net, uint32_t i) {
    dlm_network_t *next = dlm_next(net);
    const uint32_t stride = dlm_stride(&net->config, 0);
    dlm_first_coordinates(net, next, dlm_event_x(net, dlm_event_of_neuron(i, net->n_events)),
                          DLM_AT(net, int16_t, next->layers[0].n_q8) + (size_t)i * stride);
}

// Layer 0 measures all coordinates alike; no layer has been kept.
static void begin_layers(dlm_t *net) {
    const dlm_layer_t *layer = &dlm_next(net)->layers[0];
    for (uint32_t k = 0; k < net->config.n_features; k++) {
        DLM_AT(net, uint32_t, layer->s2_q16)[k] = DLM_ONE_Q16;
        DLM_AT(net, uint16_t, layer->s_q12)[k] = DLM_ONE_Q12;
    }
    memset(DLM_AT(net, int32_t, net->sums_q16), 0, sizeof(int32_t) * net->n_events * net->config.n_classes);
}

static void begin_width(dlm_t *net) {
    const unsigned index = net->build.layer;
    const int16_t *n_q8 = DLM_AT(net, int16_t, dlm_next(net)->layers[index].n_q8);
    const uint32_t m = net->n_events, n = dlm_coordinates(&net->config, index),
                   stride = dlm_stride(&net->config, index);
    uint32_t *norm_q16 = DLM_AT(net, uint32_t, net->norm_q16);
    dlm_norms(n_q8, m, n, stride, norm_q16);
    dlm_base_width(n_q8, norm_q16, m, n, stride, &net->build.width);
}

// Squared distances Q16 [row] of an event to those before it in the layer; they hold until the next step.
static uint32_t *distance_row(dlm_t *net, uint32_t row) {
    const unsigned index = net->build.layer;
    const uint32_t n = dlm_coordinates(&net->config, index), stride = dlm_stride(&net->config, index);
    const int16_t *n_q8 = DLM_AT(net, int16_t, dlm_next(net)->layers[index].n_q8);
    uint32_t *distance2 = DLM_AT(net, uint32_t, net->columns);
    dlm_distance_row(n_q8, DLM_AT(net, uint32_t, net->norm_q16), row, n, stride, distance2);
    return distance2;
}

static void factor_row(dlm_t *net, uint32_t row) {
    dlm_build_t *build = &net->build;
    uint32_t *distance2 = distance_row(net, row), *row_q30 = distance2 + net->n_events;
    dlm_width_t width = build->width;
    if (!build->layer) {
        dlm_nearest_row(net, row, distance2);
    }
    for (unsigned wide = 0; wide < n_widths(net->n_events, row); wide++) {
        const dlm_factor_t *factor = &net->factors[wide];
        dlm_gram_row(distance2, row, &width, row_q30);
        row_q30[row] = ((uint32_t)1 << 30) + DLM_KERNEL_RIDGE;
        dlm_factor_row(DLM_AT(net, int16_t, factor->packed), DLM_AT(net, uint32_t, factor->root_q28), row, row_q30);
        dlm_substitute(net, factor, row);
        width.shift += DLM_KERNEL_WIDTH_SHIFT;
    }
    if (row + 1 == dlm_trial(net->n_events)) {
        dlm_choose(net, build->layer);
    }
}

static void slope_gram_row(dlm_t *net, uint32_t row) {
    uint32_t *k_q30 = distance_row(net, row);
    int16_t *row_q15 = dlm_row(DLM_AT(net, int16_t, net->factors[0].packed), row);
    dlm_gram_row(k_q30, row, &dlm_next(net)->layers[net->build.layer].width, k_q30);
    for (uint32_t j = 0; j < row; j++) {
        row_q15[j] = dlm_q15(k_q30[j]);
    }
}

static void place_next(dlm_t *net, uint32_t i) {
    dlm_network_t *next = dlm_next(net);
    const unsigned index = net->build.layer;
    const uint32_t stride = dlm_stride(&net->config, 0), next_stride = dlm_stride(&net->config, 1);
    const int16_t *z = DLM_AT(net, int16_t, next->layers[0].n_q8) + (size_t)i * stride;
    int16_t *n_q8 = DLM_AT(net, int16_t, next->layers[index + 1].n_q8) + (size_t)i * next_stride;
    int32_t answers[DLM_LIMIT_CLASSES];
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        answers[c] = DLM_AT(net, int32_t, net->left_out_q16)[c * net->n_events + i];
    }
    dlm_layer_coordinates(net, next, index + 1, z, answers, n_q8);
}

// Adds sign times the left-out answers of the layer to the sums [C][m], and returns the error of their mean over all layers:
// sum of (T - F)^2, Q32, below 2^55.
static uint64_t add_answers(dlm_t *net, int32_t sign) {
    const dlm_network_t *next = dlm_next(net);
    const int32_t *left_out = DLM_AT(net, int32_t, net->left_out_q16);
    int32_t *sums = DLM_AT(net, int32_t, net->sums_q16);
    const int16_t *label = DLM_AT(net, int16_t, next->label);
    const int one_class = net->config.regression;
    uint64_t error = 0;
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        const int32_t other = dlm_other_target(next, c);
        for (uint32_t i = 0; i < net->n_events; i++) {
            *sums += sign * *left_out++;
            const int32_t mean = dlm_floor_div(*sums++, net->build.layer + 1);
            const int32_t target = one_class || label[i] == (int32_t)c ? dlm_own_target(net, next, label[i]) : other;
            const int64_t miss = target - mean;
            error += (uint64_t)(miss * miss);
        }
    }
    return error;
}

// Keeps the layer if it cuts the error enough. Returns whether another one is to be tried.
static int earn(dlm_t *net) {
    dlm_build_t *build = &net->build;
    const uint64_t error = add_answers(net, 1);
    if (build->layer &&
        (error >= build->best || DLM_KERNEL_GAIN_DENOMINATOR * error > DLM_KERNEL_GAIN_NUMERATOR * build->best)) {
        add_answers(net, -1);
        return 0;
    }
    build->best = error;
    dlm_next(net)->depth = (uint16_t)(build->layer + 1);
    return build->layer + 1u < net->config.n_layers;
}

static void do_row(dlm_t *net, unsigned phase, uint32_t row) {
    switch (phase) {
    case VARIANCE:
        dlm_first_metric_variance(net, row);
        return;
    case PLACE:
        place_first(net, row);
        return;
    case SPREAD:
        begin_width(net);
        return;
    case FACTOR:
        factor_row(net, row);
        return;
    case ALPHA:
        dlm_alpha(net, 4 * row);
        return;
    case KEEP:
        dlm_keep(net, net->build.layer);
        return;
    case SLOPE_GRAM:
        slope_gram_row(net, row);
        return;
    case SLOPES:
        dlm_add_slopes(net, net->build.layer, row);
        return;
    case PLACE_NEXT:
        place_next(net, row);
        return;
    default:
        return;
    }
}

// Goes from a finished phase to the one after it.
static void next_phase(dlm_t *net) {
    dlm_build_t *build = &net->build;
    switch (build->phase) {
    case VARIANCE:
        dlm_first_metric(net);
        break;
    case PLACE:
        begin_layers(net);
        break;
    case EARN:
        if (!earn(net)) {
            enter(net, CONTOUR);
            return;
        }
        memset(DLM_AT(net, uint64_t, net->energy), 0, sizeof(uint64_t) * net->config.n_features);
        break;
    case SLOPE_GRAM:
        dlm_begin_slopes(net, build->layer);
        break;
    case SLOPES:
        dlm_next_metric(net, build->layer);
        break;
    case PLACE_NEXT:
        build->layer++;
        enter(net, SPREAD);
        return;
    case CONTOUR:
        dlm_next(net)->error_q16 = (uint32_t)(build->best / net->n_events >> 16);
        dlm_contour(net);
        net->live = !net->live;
        enter(net, IDLE);
        return;
    default:
        break;
    }
    enter(net, build->phase + 1u);
}

int dlm_build_step(dlm_t *net, uint32_t budget) {
    dlm_build_t *build = &net->build;
    uint32_t done = 0;
    budget = budget ? budget : 1;
    while (build->phase != IDLE && done < budget) {
        const uint32_t work = row_work(&net->config, build->phase, build->layer, net->n_events, build->row);
        dlm_next(net)->work += work;
        done += work ? work : 1;
        do_row(net, build->phase, build->row);
        if (++build->row == phase_rows(&net->config, build->phase, net->n_events)) {
            next_phase(net);
        }
    }
    return build->phase != IDLE;
}

void dlm_finish(dlm_t *net) {
    while (dlm_build_step(net, UINT32_MAX)) {
    }
}

void dlm_rebuild(dlm_t *net) {
    dlm_build_begin(net);
    dlm_finish(net);
}

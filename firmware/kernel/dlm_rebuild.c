// SPDX-License-Identifier: MIT
// The network made anew from the events kept, row by row, and what that costs. Twin of
// host/deeplomath/mirror/rebuild.py. NUMERICS.md, Rebuild.
#include "dlm_kernel.h"

// The phases, in their order; those from WIDTH to NEXT_COORDINATES come once for each layer tried. Each is made of
// rows, a row a step.
enum {
    IDLE,
    VARIANCE,          // of feature `row`
    COORDINATES,       // of event `row` in the first layer
    WIDTH,             // of the layer, the narrow one
    FACTOR,            // row of A, L and V, of both widths until one is chosen
    WEIGHTS,           // alpha of the events 4 row..4 row + 3, by their columns of W
    STORE,             // alpha in 16 bits, and left-out answers
    DECIDE,            // does the layer earn its place?
    SIMILARITY,        // row of K
    SLOPES,            // of event `row`
    NEXT_COORDINATES,  // of event `row` in the next layer
    CONTOUR,
};

// Cost

// Number of widths that a row of the factor is made for.
static uint32_t n_widths(uint32_t m, uint32_t row) {
    return row < dlm_trial(m) ? 2 : 1;
}

// Multiply-accumulates of a row of a phase in a rebuild of m events; how many rows the phase has in *rows.
static uint32_t row_work(const dlm_config_t *config, unsigned phase, unsigned layer, uint32_t m, uint32_t row,
                         uint32_t *rows) {
    const uint32_t d = config->n_features, n = dlm_coordinates(config, layer), left = m - 4 * row;
    *rows = m;
    switch (phase) {
    case VARIANCE:
        *rows = d;
        return 2 * m;
    case COORDINATES:
        return d;
    case WIDTH:
        *rows = 1;
        return m * n;
    case FACTOR:
        return (row + 1) * n + n_widths(m, row) * ((row + 1) * (row + 2) / 2 + row * config->n_classes);
    case WEIGHTS:
        *rows = (m + 3) / 4;
        return 2 * left * (left + 1) + 4 * left * (config->n_classes + 1u);
    case STORE:
    case DECIDE:
        *rows = 1;
        return m * config->n_classes;
    case SIMILARITY:
        return (row + 1) * n;
    case SLOPES:
        return m * (d + 1);
    case NEXT_COORDINATES:
        return d + config->n_classes;
    default:
        *rows = 1;
        return m;
    }
}

void dlm_cost(const dlm_config_t *config, dlm_cost_t *cost) {
    memset(cost, 0, sizeof(*cost));
    for (unsigned phase = VARIANCE; phase <= CONTOUR; phase++) {
        const unsigned of_layer = phase >= WIDTH && phase < CONTOUR;
        const unsigned layers = of_layer ? config->n_layers - (unsigned)(phase > DECIDE) : 1;
        for (unsigned layer = 0; layer < layers; layer++) {
            uint32_t rows = 1;
            for (uint32_t row = 0; row < rows; row++) {
                const uint32_t work = row_work(config, phase, layer, config->n_events, row, &rows);
                cost->step = work > cost->step ? work : cost->step;
                cost->work += work;
            }
        }
    }
    cost->bytes = (uint32_t)dlm_footprint(config);
}

// Begin

static void enter(dlm_t *net, unsigned phase) {
    net->build.phase = (uint16_t)phase;
    net->build.row = 0;
}

uint32_t dlm_event_of_neuron(uint32_t i, uint32_t m) {
    const uint32_t half = (m + 1) / 2, second = i >= half, pair = second ? i - half : i;
    const uint32_t at = 2 * pair + ((0x6996u >> ((pair ^ pair >> 4) & 15) & 1) ^ second);
    return at < m ? at : m - 1;  // of an odd number the last has no neighbour
}

void dlm_build_begin(dlm_t *net) {
    dlm_network_t *next = dlm_next(net);
    memset(next, 0, offsetof(dlm_network_t, label));
    next->n_neurons = net->n_events;
    next->spacing_q12 = next->level_q12 = DLM_ONE_Q12;
    for (uint32_t i = 0; i < net->n_events; i++) {
        const dlm_event_t *event = dlm_events(net) + dlm_event_of_neuron(i, net->n_events);
        const uint32_t class = dlm_class(net, event->label);
        DLM_AT(net, int16_t, next->label)[i] = event->label;
        DLM_AT(net, uint32_t, next->id)[i] = event->id;
        next->n_present = (uint16_t)(next->n_present + !(next->present >> class & 1));
        next->present = (uint16_t)(next->present | 1u << class);
    }
    memset(&net->build, 0, sizeof(net->build));
    net->s_answer_q12 = dlm_isqrt((uint64_t)net->config.n_features << 24);
    if (net->n_events) {
        next->share_q16 = (uint32_t)DLM_ONE_Q16 / next->n_present;
        net->build.phase = VARIANCE;
    } else {
        net->live = !net->live;  // of no events it is whole already
    }
}

// Phases

static void variance(dlm_t *net, uint32_t row, int last) {
    dlm_first_metric_variance(net, row);
    if (last) {
        dlm_first_metric(net);
    }
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

static void coordinates(dlm_t *net, uint32_t row, int last) {
    dlm_network_t *next = dlm_next(net);
    const uint32_t stride = dlm_stride(&net->config, 0);
    dlm_first_coordinates(net, next, dlm_event_x(net, dlm_event_of_neuron(row, net->n_events)),
                          DLM_AT(net, int16_t, next->layers[0].scaled_q8) + (size_t)row * stride);
    if (last) {
        begin_layers(net);
    }
}

static void width(dlm_t *net) {
    const unsigned index = net->build.layer;
    const int16_t *scaled_q8 = DLM_AT(net, int16_t, dlm_next(net)->layers[index].scaled_q8);
    const uint32_t m = net->n_events, n = dlm_coordinates(&net->config, index),
                   stride = dlm_stride(&net->config, index);
    uint32_t *norm_q16 = DLM_AT(net, uint32_t, net->norm_q16);
    dlm_norms(scaled_q8, m, n, stride, norm_q16);
    dlm_base_width(scaled_q8, norm_q16, m, n, stride, &net->build.width);
}

// Squared distances Q16 [row] of an event to those before it in the layer; they hold until the next step.
static uint32_t *distance_row(dlm_t *net, uint32_t row) {
    const unsigned index = net->build.layer;
    const uint32_t n = dlm_coordinates(&net->config, index), stride = dlm_stride(&net->config, index);
    const int16_t *scaled_q8 = DLM_AT(net, int16_t, dlm_next(net)->layers[index].scaled_q8);
    uint32_t *distance2 = DLM_AT(net, uint32_t, net->columns);
    dlm_distance_row(scaled_q8, DLM_AT(net, uint32_t, net->norm_q16), row, n, stride, distance2);
    return distance2;
}

static void factor(dlm_t *net, uint32_t row) {
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

// Adds sign times the left-out answers of the layer to the sums [C][m], and returns the error of their mean over all
// layers: sum of (T - F)^2, Q32, below 2^55.
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
static int earns(dlm_t *net) {
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

static void decide(dlm_t *net) {
    if (earns(net)) {
        memset(DLM_AT(net, uint64_t, net->energy), 0, sizeof(uint64_t) * net->config.n_features);
    } else {
        enter(net, CONTOUR);
    }
}

static void similarity(dlm_t *net, uint32_t row, int last) {
    uint32_t *k_q30 = distance_row(net, row);
    int16_t *row_q15 = dlm_row(DLM_AT(net, int16_t, net->factors[0].packed), row);
    dlm_gram_row(k_q30, row, &dlm_next(net)->layers[net->build.layer].width, k_q30);
    for (uint32_t j = 0; j < row; j++) {
        row_q15[j] = dlm_q15(k_q30[j]);
    }
    if (last) {
        dlm_begin_slopes(net, net->build.layer);
    }
}

static void slopes(dlm_t *net, uint32_t row, int last) {
    dlm_add_slopes(net, net->build.layer, row);
    if (last) {
        dlm_next_metric(net, net->build.layer);
    }
}

static void next_coordinates(dlm_t *net, uint32_t row, int last) {
    dlm_network_t *next = dlm_next(net);
    const unsigned index = net->build.layer;
    const uint32_t stride = dlm_stride(&net->config, 0), next_stride = dlm_stride(&net->config, 1);
    const int16_t *z = DLM_AT(net, int16_t, next->layers[0].scaled_q8) + (size_t)row * stride;
    int16_t *scaled_q8 = DLM_AT(net, int16_t, next->layers[index + 1].scaled_q8) + (size_t)row * next_stride;
    int32_t answers[DLM_LIMIT_CLASSES];
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        answers[c] = DLM_AT(net, int32_t, net->left_out_q16)[c * net->n_events + row];
    }
    dlm_layer_coordinates(net, next, index + 1, z, answers, scaled_q8);
    if (last) {
        net->build.layer++;
        enter(net, WIDTH);
    }
}

static void contour(dlm_t *net) {
    dlm_next(net)->error_q16 = (uint32_t)(net->build.best / net->n_events >> 16);
    dlm_contour(net);
    net->live = !net->live;
    enter(net, IDLE);
}

// Does a row of a phase; last: it is the last one. A phase is followed by the one after it, unless it enters another
// itself.
static void run(dlm_t *net, unsigned phase, uint32_t row, int last) {
    switch (phase) {
    case VARIANCE:
        variance(net, row, last);
        return;
    case COORDINATES:
        coordinates(net, row, last);
        return;
    case WIDTH:
        width(net);
        return;
    case FACTOR:
        factor(net, row);
        return;
    case WEIGHTS:
        dlm_alpha(net, 4 * row);
        return;
    case STORE:
        dlm_keep(net, net->build.layer);
        return;
    case DECIDE:
        decide(net);
        return;
    case SIMILARITY:
        similarity(net, row, last);
        return;
    case SLOPES:
        slopes(net, row, last);
        return;
    case NEXT_COORDINATES:
        next_coordinates(net, row, last);
        return;
    default:
        contour(net);
    }
}

int dlm_build_step(dlm_t *net, uint32_t budget) {
    dlm_build_t *build = &net->build;
    uint32_t done = 0, rows;
    budget = budget ? budget : 1;
    while (build->phase != IDLE && done < budget) {
        const unsigned phase = build->phase;
        const uint32_t row = build->row++;
        const uint32_t work = row_work(&net->config, phase, build->layer, net->n_events, row, &rows);
        dlm_next(net)->work += work;
        done += work ? work : 1;
        if (build->row == rows) {
            enter(net, phase + 1);
        }
        run(net, phase, row, !build->row);
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

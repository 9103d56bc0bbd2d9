// SPDX-License-Identifier: MIT
// The network made anew from the events kept, row by row. Twin of
// host/deeplomath/mirror/rebuild.py. NUMERICS.md, Rebuild.
#include "dlm_kernel.h"
#include "dlm_phases.h"

// Begin

static void enter(dlm_t *net, unsigned phase) {
    net->build.phase = (uint16_t)phase;
    net->build.row = 0;
}

void dlm_build_begin(dlm_t *net) {
    dlm_network_t *next = dlm_next(net);
    memset(next, 0, offsetof(dlm_network_t, label));
    next->n_neurons = net->n_events;
    next->spacing_q12 = next->level_q12 = DLM_ONE_Q12;
    for (uint32_t i = 0; i < net->n_events; i++) {
        const dlm_event_t *event = dlm_events(net) + i;
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
    dlm_measure(net, row);
    if (last) {
        dlm_set_scales(net);
    }
}

// Layer 0 measures all coordinates alike.
static void begin_layers(dlm_t *net) {
    const dlm_layer_t *layer = &dlm_next(net)->layers[0];
    for (uint32_t k = 0; k < net->config.n_features; k++) {
        DLM_AT(net, uint32_t, layer->s2_q16)[k] = DLM_ONE_Q16;
        DLM_AT(net, uint16_t, layer->s_q12)[k] = DLM_ONE_Q12;
    }
    if (net->config.regression) {
        dlm_scale_target(net);
    }
}

static void coordinates(dlm_t *net, uint32_t row, int last) {
    dlm_network_t *next = dlm_next(net);
    const size_t at = (size_t)row * dlm_stride(&net->config, 0);
    const int16_t *x = dlm_event_x(net, row);
    dlm_first_coordinates(net, next, x, DLM_AT(net, int16_t, next->z_q8) + at);
    dlm_base_coordinates(net, next, x, DLM_AT(net, int16_t, next->layers[0].scaled_q8) + at);
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
    dlm_base_width(scaled_q8, norm_q16, m, n, stride, &dlm_next(net)->layers[index].width);
}

// Squared distances Q16 [m] of row `row` of coordinates to the first m, whose norms are at hand; they hold until the
// next step.
static uint32_t *distance_row(dlm_t *net, const int16_t *scaled_q8, uint32_t n, uint32_t row, uint32_t m) {
    uint32_t *distance2 = DLM_AT(net, uint32_t, net->columns);
    dlm_distance_row(scaled_q8, DLM_AT(net, uint32_t, net->norm_q16), row, n, dlm_even(n), distance2, m);
    return distance2;
}

// The same in the layer.
static uint32_t *layer_distance_row(dlm_t *net, uint32_t row, uint32_t m) {
    const unsigned index = net->build.layer;
    const int16_t *scaled_q8 = DLM_AT(net, int16_t, dlm_next(net)->layers[index].scaled_q8);
    return distance_row(net, scaled_q8, dlm_coordinates(&net->config, index), row, m);
}

static void factor(dlm_t *net, uint32_t row) {
    uint32_t *row_q30 = layer_distance_row(net, row, row);
    dlm_gram_row(row_q30, row, &dlm_next(net)->layers[net->build.layer].width, row_q30);
    row_q30[row] = ((uint32_t)1 << 30) + DLM_KERNEL_RIDGE;
    dlm_factor_row(DLM_AT(net, int16_t, net->packed), DLM_AT(net, uint32_t, net->root_q28), row, row_q30);
    dlm_substitute(net, row);
}

// Error of the left-out answers of the layers kept with those of the layer, of this share, mixed in, Q32, below 2^55.
DLM_HOT static uint64_t mixed_error(const dlm_t *net, uint32_t share_q16) {
    const dlm_network_t *next = dlm_next(net);
    const int32_t *left_out = DLM_AT(net, int32_t, net->left_out_q16), *mixed = DLM_AT(net, int32_t, net->mixed_q16);
    const int16_t *label = DLM_AT(net, int16_t, next->label);
    const int one_class = net->config.regression;
    uint64_t error = 0;
    for (uint32_t c = 0; c < net->config.n_classes; c++) {
        const int32_t other = dlm_other_target(next, c);
        for (uint32_t i = 0; i < net->n_events; i++) {
            const int32_t target = one_class || label[i] == (int32_t)c ? dlm_own_target(net, next, label[i]) : other;
            const int64_t miss = target - dlm_mix(*mixed++, *left_out++, share_q16);
            error += (uint64_t)(miss * miss);
        }
    }
    return error;
}

// Mixes them. With a share of 1 what lay there, outputs of an earlier rebuild or 0, falls out.
static void mix(dlm_t *net, uint32_t share_q16) {
    const int32_t *left_out = DLM_AT(net, int32_t, net->left_out_q16);
    int32_t *mixed = DLM_AT(net, int32_t, net->mixed_q16);
    for (uint32_t n = net->n_events * net->config.n_classes; n; n--, mixed++) {
        *mixed = dlm_mix(*mixed, *left_out++, share_q16);
    }
}

// Keeps the layer if it cuts the error enough. Returns whether another one is to be tried.
static int earns(dlm_t *net) {
    dlm_build_t *build = &net->build;
    const uint64_t own = build->own >> 8, both = build->harmonic + own;
    uint32_t share_q16 = DLM_ONE_Q16;
    if (build->layer) {
        share_q16 = both ? (uint32_t)((build->harmonic << 16) / both) : DLM_ONE_Q16 / 2;
        const uint64_t error = mixed_error(net, share_q16);
        if (error >= build->best || DLM_KERNEL_GAIN_DENOMINATOR * error > DLM_KERNEL_GAIN_NUMERATOR * build->best) {
            return 0;
        }
        build->best = error;
    } else {
        build->best = build->own;
    }
    mix(net, share_q16);
    build->harmonic = own * share_q16 >> 16;
    dlm_next(net)->layers[build->layer].share_q16 = share_q16;
    dlm_next(net)->depth = (uint16_t)(build->layer + 1);
    return build->layer + 1u < net->config.n_layers;
}

static void decide(dlm_t *net) {
    if (!earns(net)) {
        enter(net, NEAREST);
    } else if (net->build.layer || net->config.regression) {
        enter(net, BASE);  // the whitening is made once, and not of values
    }
}

static void residuals(dlm_t *net, uint32_t row, int last) {
    dlm_residuals(net, row);
    if (last) {
        dlm_begin_spread(net);
    }
}

static void spread(dlm_t *net, uint32_t row, int last) {
    dlm_add_spread(net, row);
    if (last) {
        dlm_shrinkage(net);
    }
}

static void base(dlm_t *net, uint32_t row, int last) {
    const dlm_network_t *next = dlm_next(net);
    const uint32_t d = net->config.n_features;
    const uint32_t m_even = dlm_even(net->n_events);
    int16_t *z = DLM_AT(net, int16_t, net->query_q8), *at = dlm_across(net, 0) + row;
    memcpy(z, DLM_AT(net, int16_t, next->layers[0].scaled_q8) + (size_t)row * dlm_even(d), sizeof(int16_t) * d);
    dlm_whiten(net, next, z);
    uint32_t left = d;
    do {
        *at = *z++;
        at += m_even;
    } while (--left);
    if (last) {
        dlm_begin_slopes(net, net->build.layer);
    }
}

static void slopes(dlm_t *net, uint32_t row, int last) {
    const uint32_t m = net->n_events, i = row * m / dlm_slope_rows(m);
    uint32_t *k_q30 = layer_distance_row(net, i, m);
    dlm_gram_row(k_q30, m, &dlm_next(net)->layers[net->build.layer].width, k_q30);
    dlm_add_slopes(net, i, k_q30);
    if (last) {
        dlm_next_metric(net, net->build.layer);
    }
}

static void next_coordinates(dlm_t *net, uint32_t row, int last) {
    dlm_network_t *next = dlm_next(net);
    const uint32_t index = net->build.layer + 1u, m = net->n_events;
    const int32_t *left_out = DLM_AT(net, int32_t, net->left_out_q16) + row;
    int16_t *scaled_q8 = DLM_AT(net, int16_t, next->layers[index].scaled_q8) + row * dlm_stride(&net->config, 1);
    dlm_layer_coordinates(net, next, index, dlm_across(net, 0) + row, dlm_even(m), left_out, m, scaled_q8);
    if (last) {
        net->build.layer = (uint16_t)index;
        enter(net, WIDTH);
    }
}

static void nearest(dlm_t *net, uint32_t row) {
    const int16_t *z = DLM_AT(net, int16_t, dlm_next(net)->z_q8);
    const uint32_t d = net->config.n_features;
    if (!row) {
        dlm_norms(z, net->n_events, d, dlm_even(d), DLM_AT(net, uint32_t, net->norm_q16));
    }
    dlm_nearest_row(net, row, distance_row(net, z, d, row, row));
}

static void contour(dlm_t *net) {
    dlm_next(net)->error_q16 = (uint32_t)(net->build.best / net->n_events >> 16);
    dlm_contour(net);
    net->live = !net->live;
    enter(net, IDLE);
}

static void run_layer(dlm_t *net, unsigned phase, uint32_t row) {
    switch (phase) {
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
        net->build.own = dlm_keep(net, net->build.layer);
        return;
    default:  // DECIDE
        decide(net);
    }
}

static void run_whitening(dlm_t *net, unsigned phase, uint32_t row, int last) {
    switch (phase) {
    case RESIDUALS:
        residuals(net, row, last);
        return;
    case SPREAD:
        spread(net, row, last);
        return;
    case CORRELATION:
        dlm_correlation(net, row);
        return;
    default:  // INVERSE
        dlm_whitening(net, 4 * row);
    }
}

static void run_onward(dlm_t *net, unsigned phase, uint32_t row, int last) {
    switch (phase) {
    case BASE:
        base(net, row, last);
        return;
    case SLOPES:
        slopes(net, row, last);
        return;
    case NEXT_COORDINATES:
        next_coordinates(net, row, last);
        return;
    case NEAREST:
        nearest(net, row);
        return;
    default:  // CONTOUR
        contour(net);
    }
}

// Does a row of a phase; last: it is the last one. A phase is followed by the one after it, unless it enters another
// itself.
static void run(dlm_t *net, unsigned phase, uint32_t row, int last) {
    if (phase <= COORDINATES) {
        (phase == VARIANCE ? variance : coordinates)(net, row, last);
    } else if (phase <= DECIDE) {
        run_layer(net, phase, row);
    } else if (phase <= INVERSE) {
        run_whitening(net, phase, row, last);
    } else {
        run_onward(net, phase, row, last);
    }
}

int dlm_build_step(dlm_t *net, uint32_t budget) {
    dlm_build_t *build = &net->build;
    uint32_t done = 0, rows;
    budget = budget ? budget : 1;
    while (build->phase != IDLE && done < budget) {
        const unsigned phase = build->phase;
        const uint32_t row = build->row++;
        const uint32_t work = dlm_row_work(&net->config, phase, build->layer, net->n_events, row, &rows);
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

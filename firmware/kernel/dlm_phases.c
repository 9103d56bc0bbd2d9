// SPDX-License-Identifier: MIT
// What the phases of a rebuild cost. Twin of host/deeplomath/mirror/phases.py. NUMERICS.md, Rebuild.
#include "dlm_phases.h"

#include "dlm_kernel.h"

uint32_t dlm_slope_rows(uint32_t m) {
    const uint32_t least = DLM_KERNEL_SLOPE_EVENTS;
    return m <= least ? m : ((m / 4 > least ? m / 4 : least) - 1) | 1;
}

// dlm_row_work of the phases that make the whitening.
static uint32_t whitening_work(unsigned phase, uint32_t d, uint32_t m, uint32_t row, uint32_t *rows) {
    const uint32_t left = d - 4 * row;
    *rows = d;
    switch (phase) {
    case RESIDUALS:
        return 2 * m;
    case SPREAD:
        return (row + 1) * m;
    case CORRELATION:
        return (row + 1) * m + (row + 1) * (row + 2) / 2;
    default:
        *rows = (d + 3) / 4;
        return 2 * left * (left + 1);
    }
}

uint32_t dlm_row_work(const dlm_config_t *config, unsigned phase, unsigned layer, uint32_t m, uint32_t row,
                      uint32_t *rows) {
    const uint32_t d = config->n_features, n = dlm_coordinates(config, layer), left = m - 4 * row;
    if (phase >= RESIDUALS && phase <= INVERSE) {
        return whitening_work(phase, d, m, row, rows);
    }
    *rows = phase == VARIANCE ? d : phase == WEIGHTS ? (m + 3) / 4 : phase == SLOPES ? dlm_slope_rows(m) : m;
    switch (phase) {
    case VARIANCE:
        return 8 * m;
    case COORDINATES:
        return 2 * d;
    case FACTOR:
        return (row + 1) * n + (row + 1) * (row + 2) / 2 + row * config->n_classes;
    case WEIGHTS:
        return 2 * left * (left + 1) + 4 * left * (config->n_classes + 1u);
    case BASE:
        return config->regression ? d : d * (d + 3) / 2;
    case SLOPES:
        return m * (n + d + 1);
    case NEXT_COORDINATES:
        return d + config->n_classes;
    case NEAREST:
        return (row + 1) * d;
    default:
        *rows = 1;
        return phase == WIDTH ? m * n : phase == CONTOUR ? m : m * config->n_classes;
    }
}

// How many times a phase comes, at most.
static unsigned times(const dlm_config_t *config, unsigned phase) {
    if (phase < WIDTH || phase >= NEAREST) {
        return 1;
    }
    if (phase <= DECIDE) {
        return config->n_layers;
    }
    return phase < BASE ? (unsigned)dlm_whitens(config) : config->n_layers - 1u;
}

void dlm_cost(const dlm_config_t *config, dlm_cost_t *cost) {
    memset(cost, 0, sizeof(*cost));
    for (unsigned phase = VARIANCE; phase <= CONTOUR; phase++) {
        for (unsigned layer = 0; layer < times(config, phase); layer++) {
            uint32_t rows = 1;
            for (uint32_t row = 0; row < rows; row++) {
                const uint32_t work = dlm_row_work(config, phase, layer, config->n_events, row, &rows);
                cost->step = work > cost->step ? work : cost->step;
                cost->work += work;
            }
        }
    }
    cost->bytes = (uint32_t)dlm_footprint(config);
}

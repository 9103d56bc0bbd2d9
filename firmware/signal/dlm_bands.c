// SPDX-License-Identifier: MIT
// Power in bands, as logarithms. Twin of host/deeplomath/signal/bands.py. SIGNAL.md, Bands.
#include "dlm_operations.h"

enum { ONE = 1 << DLM_SIGNAL_WEIGHT_BITS, BIN = 1 << DLM_SIGNAL_EDGE_BITS };

// Energy of a band, Q(2 guard + 6), and the sum of its weights.
typedef struct {
    uint64_t energy;
    uint32_t weight;
} band_t;

// Adds the power of the bins from `bin` to `end`, that one left out, by steps of 1 or -1. Their weights are those of a
// slope over `width`: the first one lies `distance` from where it is 0, each next one a bin further.
static void add_slope(band_t *band, const dlm_bin_t *power, uint32_t bin, uint32_t end, uint32_t distance,
                      uint32_t width) {
    const uint32_t step = ONE * BIN / width, step_rest = ONE * BIN % width;
    uint32_t weight = ONE * distance / width, rest = ONE * distance % width;
    for (; bin != end; bin += bin < end ? 1 : UINT32_MAX) {
        band->weight += weight;
        band->energy += power[bin].power * weight;
        weight += step;
        rest += step_rest;
        if (rest >= width) {
            rest -= width;
            weight++;
        }
    }
}

// A triangle from low over middle to high; bins: how many there are.
static band_t triangle(const dlm_bin_t *power, uint32_t bins, const uint32_t *edge) {
    band_t band = {0};
    const uint32_t low = (edge[0] + BIN - 1) / BIN, high = (edge[2] + BIN - 1) / BIN;
    uint32_t middle = edge[1] / BIN + 1;  // the first bin that falls
    middle = middle > bins ? bins : middle;
    const uint32_t rise = edge[1] - edge[0], steep = !rise;  // then it is one bin at the most
    add_slope(&band, power, low, middle, low * BIN - edge[0] + steep, rise + steep);
    if (middle < high) {
        add_slope(&band, power, high - 1, middle - 1, edge[2] - (high - 1) * BIN, edge[2] - edge[1]);
    }
    return band;
}

static band_t box(const dlm_bin_t *power, const uint32_t *edge) {
    band_t band = {0};
    const uint32_t high = (edge[1] + BIN - 1) / BIN;
    for (uint32_t bin = (edge[0] + BIN - 1) / BIN; bin < high; bin++) {
        band.energy += power[bin].power;
        band.weight++;
    }
    band.energy *= ONE;
    return band;
}

void dlm_bands(const dlm_bin_t *power, uint32_t n, const uint8_t *edges, uint32_t n_bands, bool triangles,
               int16_t *values) {
    const unsigned guard = DLM_SIGNAL_GUARD + 1 - dlm_bit_length(n);
    const uint64_t least = (uint64_t)1 << (2 * guard + DLM_SIGNAL_WEIGHT_BITS);  // of 1 LSB
    for (uint32_t i = 0; i < n_bands; i++, edges += 2) {
        uint32_t edge[3] = {dlm_get_u16(edges), dlm_get_u16(edges + 2), 0};
        uint32_t middle = edge[0] + edge[1];
        if (triangles) {
            edge[2] = dlm_get_u16(edges + 4);
            middle = 2 * edge[1];
        }
        band_t band = triangles ? triangle(power, n / 2 + 1, edge) : box(power, edge);
        if (!band.weight) {
            const uint32_t bin = (middle + BIN) / (2 * BIN);
            band.energy = power[bin > n / 2 ? n / 2 : bin].power * ONE;
        }
        const uint64_t energy = band.energy > least ? band.energy : least;
        values[i] = (int16_t)(dlm_floor_shift32(dlm_log2_q11(energy), 1) -
                              (DLM_SIGNAL_GUARD + DLM_SIGNAL_WEIGHT_BITS / 2) * OCTAVE);
    }
}

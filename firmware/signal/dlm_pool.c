// SPDX-License-Identifier: MIT
// From the rows of an event to its features. Twin of host/deeplomath/signal/pool.py. SIGNAL.md, Pool and map.
#include "dlm_operations.h"

void dlm_pool(const dlm_rows_t *rows, uint32_t parts, uint32_t width, int16_t *pooled) {
    for (uint32_t part = 0; part < parts; part++) {
        const uint32_t low = rows->n * part / parts, next = rows->n * (part + 1) / parts;
        const uint32_t high = next > low ? next : low + 1;
        for (uint32_t i = 0; i < width; i++) {
            int32_t total = 0;  // within 2^23
            for (uint32_t row = low; row < high; row++) {
                const uint32_t at = rows->first + row;
                total += rows->ring[(at < rows->most ? at : at - rows->most) * rows->stride + i];
            }
            *pooled++ = (int16_t)dlm_mean(total, high - low);
        }
    }
}

// The mean of all n values taken off; their total is within 2^24.
static void level(const int16_t *values, uint32_t n, int16_t *mapped) {
    const int32_t mean = dlm_mean(2 * dlm_sum(values, n) - (int32_t)n, 2 * n);  // the floor
    for (uint32_t i = 0; i < n; i++) {
        mapped[i] = dlm_int16(values[i] - mean);
    }
}

void dlm_map(const int16_t *values, uint32_t n_rows, uint32_t width, const uint8_t *matrix, uint32_t rows,
             int16_t *mapped) {
    if (!rows) {
        level(values, n_rows * width, mapped);
        return;
    }
    for (; n_rows; n_rows--, values += width) {
        const uint8_t *factor = matrix;
        for (uint32_t row = 0; row < rows; row++) {
            int32_t total = 1 << 14;  // within 2^30 + 2^14
            for (uint32_t i = 0; i < width; i++, factor += 2) {
                total += dlm_get_i16(factor) * values[i];
            }
            *mapped++ = dlm_int16(dlm_floor_shift32(total, 15));
        }
    }
}

// SPDX-License-Identifier: MIT
// Sensor samples to the features of an event: the whole public API of the signal library, which needs no kernel.
//
//     int16_t features[3 * 6];
//     dlm_window_features(samples, 128, 6, features);
//
// Rules of the whole API: integers only; no allocation, no globals. A function that can fail returns 0 or a negative
// DLM_ERR_*, and then has written nothing. Formats: shared_spec/NUMERICS.md gives formula, rounding and bounds of each.
#ifndef DLM_SIGNAL_H
#define DLM_SIGNAL_H

#include <stddef.h>
#include <stdint.h>

#include "dlm_spec.h"

// Features int16 [3 * n_channels] of a window of samples [n_samples][n_channels]: all means in LSB, then log2 of all
// deviations in Q11, then log2 of all mean steps in Q11. features must not overlap samples. NUMERICS.md, Features.
// n_samples: DLM_LIMIT_WINDOW_SAMPLES_MIN..DLM_LIMIT_WINDOW_SAMPLES. n_channels: 1..DLM_LIMIT_CHANNELS. Fails with
// DLM_ERR_WINDOW where one of them is outside.
int dlm_window_features(const int16_t *samples, size_t n_samples, size_t n_channels, int16_t *features);

#endif

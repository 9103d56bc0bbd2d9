// SPDX-License-Identifier: MIT
// A sensor window to features: mean, log2 of the deviation, log2 of the mean step. Twin of host/deeplomath/features.py.
#include "dlm_kernel.h"

#define STILL DLM_FEATURE_STILL_BITS
#define LOG2_Q11(bits) ((bits) * (1 << DLM_FEATURE_LOG_BITS))

// log2 of value / 2^bits in Q11; a value of 0 counts as 1.
static int32_t log2_scaled(uint64_t value, int32_t bits) {
    return dlm_log2_q11(value ? value : 1) - LOG2_Q11(bits);
}

int dlm_window_features(const int16_t *samples, size_t n_samples, size_t n_channels, int16_t *features) {
    if (n_samples < DLM_LIMIT_WINDOW_SAMPLES_MIN || n_samples > DLM_LIMIT_WINDOW_SAMPLES || n_channels < 1 ||
        n_channels > DLM_LIMIT_CHANNELS) {
        return DLM_ERR_WINDOW;
    }
    const int64_t n = (int64_t)n_samples;
    for (size_t channel = 0; channel < n_channels; channel++) {
        int64_t total = 0, squares = 0, steps = 0;
        for (size_t i = 0; i < n_samples; i++) {
            int32_t value = samples[i * n_channels + channel];
            int32_t step = i ? value - samples[(i - 1) * n_channels + channel] : 0;
            total += value;
            squares += value * value;
            steps += step < 0 ? -step : step;
        }
        const uint64_t positive = (uint64_t)(2 * (total + 32768 * n) + n);               // twice the sum, moved above 0
        const uint64_t scatter = (uint64_t)(n * squares - total * total) / (uint64_t)n;  // below 2^45
        features[channel] = (int16_t)((int64_t)(positive / (uint64_t)(2 * n)) - 32768);
        features[n_channels + channel] =
            (int16_t)dlm_floor_shift(log2_scaled((scatter << (2 * STILL)) / (uint64_t)n, 2 * STILL), 1);
        features[2 * n_channels + channel] =
            (int16_t)log2_scaled(((uint64_t)steps << STILL) / (uint64_t)(n - 1), STILL);
    }
    return 0;
}

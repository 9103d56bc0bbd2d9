// SPDX-License-Identifier: MIT
// A sensor window to features: mean, log2 of the deviation, log2 of the mean step. Twin of host/deeplomath/signal/features.py.
#include "dlm_fixed.h"
#include "dlm_log2.h"
#include "dlm_signal.h"

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
    const uint32_t n = (uint32_t)n_samples;
    for (size_t channel = 0; channel < n_channels; channel++) {
        int32_t total = 0;   // within 2^30
        uint32_t steps = 0;  // below 2^31
        uint64_t squares = 0;
        for (size_t i = 0; i < n_samples; i++) {
            int32_t value = samples[i * n_channels + channel];
            int32_t step = i ? value - samples[(i - 1) * n_channels + channel] : 0;
            total += value;
            squares += (uint32_t)(value * value);
            steps += (uint32_t)(step < 0 ? -step : step);
        }
        const uint32_t positive =
            2 * (uint32_t)(total + (int32_t)(32768 * n)) + n;  // twice the sum, moved above 0, below 2^32
        const uint64_t scatter = (n * squares - (uint64_t)((int64_t)total * total)) / n;  // below 2^45
        features[channel] = (int16_t)((int32_t)(positive / (2 * n)) - 32768);
        features[n_channels + channel] =
            (int16_t)dlm_floor_shift32(log2_scaled((scatter << (2 * STILL)) / n, 2 * STILL), 1);
        features[2 * n_channels + channel] = (int16_t)log2_scaled(((uint64_t)steps << STILL) / (n - 1), STILL);
    }
    return 0;
}

// SPDX-License-Identifier: MIT
// A small multi-layer perceptron in float32, learned by backpropagation: what a learning without a direct solve takes.
#ifndef BENCH_MLP_H
#define BENCH_MLP_H

#include <stdint.h>

enum { MLP_INPUTS = 18, MLP_HIDDEN = 64, MLP_CLASSES = 7 };

// Weights, their gradients and Adam's moments, each as one vector: [HIDDEN][INPUTS + 1], then [CLASSES][HIDDEN + 1].
enum { MLP_WEIGHTS = MLP_HIDDEN * (MLP_INPUTS + 1) + MLP_CLASSES * (MLP_HIDDEN + 1) };

typedef struct {
    float mean[MLP_INPUTS], gain[MLP_INPUTS];
    float weight[MLP_WEIGHTS], gradient[MLP_WEIGHTS], first[MLP_WEIGHTS], second[MLP_WEIGHTS];
    float first_decay, second_decay;  // beta^t of Adam
} mlp_t;

// Small weights from a fixed seed, and the standardisation of these events [n][INPUTS].
void mlp_init(mlp_t *mlp, const int16_t (*events)[MLP_INPUTS], uint32_t n);

// One step of Adam along the gradient of the cross-entropy over all events.
void mlp_iterate(mlp_t *mlp, const int16_t (*events)[MLP_INPUTS], const uint8_t *labels, uint32_t n);

// The class answered for an event.
int32_t mlp_answer(const mlp_t *mlp, const int16_t *event);

#endif

// SPDX-License-Identifier: MIT
// Plain loops, ReLU, softmax, Adam (Kingma & Ba 2015); compiled at -O2 with the FPU's single precision.
#include "mlp.h"

#include <math.h>
#include <string.h>

#define RATE 0.02f
#define BETA1 0.9f
#define BETA2 0.999f

typedef struct {
    float input[MLP_INPUTS], hidden[MLP_HIDDEN], output[MLP_CLASSES];
} activity_t;

static const int OUT = MLP_HIDDEN * (MLP_INPUTS + 1);  // where the second layer begins

void mlp_init(mlp_t *mlp, const int16_t (*events)[MLP_INPUTS], uint32_t n) {
    uint32_t draw = 7;
    memset(mlp, 0, sizeof(*mlp));
    mlp->first_decay = mlp->second_decay = 1;
    for (int k = 0; k < MLP_INPUTS; k++) {
        float sum = 0, squares = 0;
        for (uint32_t i = 0; i < n; i++) {
            sum += events[i][k];
            squares += (float)events[i][k] * events[i][k];
        }
        mlp->mean[k] = sum / n;
        mlp->gain[k] = 1 / (sqrtf(squares / n - mlp->mean[k] * mlp->mean[k]) + 1);
    }
    for (int w = 0; w < MLP_WEIGHTS; w++) {
        draw = draw * 1664525 + 1013904223;
        const float uniform = (float)(int32_t)draw / 2147483648.0f;
        mlp->weight[w] = uniform * sqrtf(3.0f / (w < OUT ? MLP_INPUTS : MLP_HIDDEN));
    }
}

static void forward(const mlp_t *mlp, const int16_t *event, activity_t *a) {
    const float *w = mlp->weight;
    for (int k = 0; k < MLP_INPUTS; k++) {
        a->input[k] = (event[k] - mlp->mean[k]) * mlp->gain[k];
    }
    for (int h = 0; h < MLP_HIDDEN; h++) {
        float sum = *w++;
        for (int k = 0; k < MLP_INPUTS; k++) {
            sum += *w++ * a->input[k];
        }
        a->hidden[h] = sum > 0 ? sum : 0;
    }
    for (int c = 0; c < MLP_CLASSES; c++) {
        float sum = *w++;
        for (int h = 0; h < MLP_HIDDEN; h++) {
            sum += *w++ * a->hidden[h];
        }
        a->output[c] = sum;
    }
}

static void softmax(float *output) {
    float largest = output[0], sum = 0;
    for (int c = 1; c < MLP_CLASSES; c++) {
        largest = output[c] > largest ? output[c] : largest;
    }
    for (int c = 0; c < MLP_CLASSES; c++) {
        output[c] = expf(output[c] - largest);
        sum += output[c];
    }
    for (int c = 0; c < MLP_CLASSES; c++) {
        output[c] /= sum;
    }
}

static void backward(mlp_t *mlp, activity_t *a, uint32_t label) {
    float hidden[MLP_HIDDEN] = {0};
    softmax(a->output);
    a->output[label] -= 1;
    const float *w = mlp->weight + OUT;
    float *g = mlp->gradient + OUT;
    for (int c = 0; c < MLP_CLASSES; c++) {
        const float miss = a->output[c];
        *g++ += miss;
        w++;
        for (int h = 0; h < MLP_HIDDEN; h++) {
            *g++ += miss * a->hidden[h];
            hidden[h] += miss * *w++;
        }
    }
    g = mlp->gradient;
    for (int h = 0; h < MLP_HIDDEN; h++) {
        const float miss = a->hidden[h] > 0 ? hidden[h] : 0;
        *g++ += miss;
        for (int k = 0; k < MLP_INPUTS; k++) {
            *g++ += miss * a->input[k];
        }
    }
}

static void step(mlp_t *mlp, uint32_t n) {
    mlp->first_decay *= BETA1;
    mlp->second_decay *= BETA2;
    const float share = 1.0f / n, first_scale = 1 / (1 - mlp->first_decay), second_scale = 1 / (1 - mlp->second_decay);
    for (int w = 0; w < MLP_WEIGHTS; w++) {
        const float g = mlp->gradient[w] * share;
        mlp->first[w] += (1 - BETA1) * (g - mlp->first[w]);
        mlp->second[w] += (1 - BETA2) * (g * g - mlp->second[w]);
        mlp->weight[w] -= RATE * mlp->first[w] * first_scale / (sqrtf(mlp->second[w] * second_scale) + 1e-8f);
        mlp->gradient[w] = 0;
    }
}

void mlp_iterate(mlp_t *mlp, const int16_t (*events)[MLP_INPUTS], const uint8_t *labels, uint32_t n) {
    activity_t a;
    for (uint32_t i = 0; i < n; i++) {
        forward(mlp, events[i], &a);
        backward(mlp, &a, labels[i]);
    }
    step(mlp, n);
}

int32_t mlp_answer(const mlp_t *mlp, const int16_t *event) {
    activity_t a;
    int32_t best = 0;
    forward(mlp, event, &a);
    for (int32_t c = 1; c < MLP_CLASSES; c++) {
        best = a.output[c] > a.output[best] ? c : best;
    }
    return best;
}

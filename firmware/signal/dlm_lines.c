// SPDX-License-Identifier: MIT
// Operations on samples: each makes a sample of new lines. Twin of host/deeplomath/signal/lines.py. SIGNAL.md, Lines.
#include "dlm_operations.h"

enum { FRACTION = 8, COEFFICIENT = 29 };

enum { NOW, X1, X2, Y1, Y2, VALUES };

// A section of a filter. values: in Q8, outputs negated; at NOW between samples what rounding left, Q37, within 2^28.
typedef struct {
    int32_t coefficients[VALUES];  // b0, b1, b2, a1, a2 in Q29
    int32_t values[VALUES];
} section_t;

// Factors i8 [n rows][lines so far]. |total| <= 2^27.
static void mix(const dlm_operation_t *it, const uint8_t *factors, int16_t *lines) {
    for (uint32_t row = 0; row < it->n; row++) {
        int32_t total = it->flags ? 1 << (it->flags - 1) : 0;
        for (uint32_t line = 0; line < it->made; line++) {
            total += (int8_t)*factors++ * lines[line];
        }
        lines[it->made + row] = dlm_int16(dlm_floor_shift32(total, it->flags));
    }
}

static int16_t norm(const uint8_t *of, uint32_t n, const int16_t *lines) {
    uint64_t total = 0;  // at most 2^35
    for (; n; n--) {
        const int32_t value = lines[*of++];
        total += (uint32_t)(value * value);
    }
    const uint32_t root = dlm_isqrt(total);
    return (int16_t)(root > INT16_MAX ? INT16_MAX : root);
}

// x and what is returned: Q8. |total| <= 5 2^31 2^29 + 2^28.
static int32_t section(section_t *s, int32_t x) {
    int32_t *v = s->values;
    int64_t total = v[NOW];
    v[NOW] = x;
    for (uint32_t i = 0; i < VALUES; i++) {
        total += (int64_t)s->coefficients[i] * v[i];
    }
    const int64_t y = dlm_round_shift(total, COEFFICIENT);
    v[NOW] = (int32_t)((uint32_t)total - ((uint32_t)y << COEFFICIENT));
    v[X2] = v[X1];
    v[X1] = x;
    v[Y2] = v[Y1];
    v[Y1] = -dlm_saturate(y, DLM_SIGNAL_FILTER_MAX);
    return -v[Y1];
}

static int16_t biquad(section_t *sections, uint32_t n, int32_t sample) {
    int32_t value = sample * (1 << FRACTION);
    for (; n; n--) {
        value = section(sections++, value);
    }
    return dlm_int16(dlm_floor_shift32(value + (1 << (FRACTION - 1)), FRACTION));
}

void dlm_biquad_init(void *state, const uint8_t *body, uint32_t n) {
    section_t *sections = state;
    memset(sections, 0, n * sizeof(*sections));
    for (body += 4; n; n--, sections++) {
        for (uint32_t i = 0; i < VALUES; i++, body += 4) {
            sections->coefficients[i] = (int32_t)(dlm_get_u16(body) | (uint32_t)dlm_get_u16(body + 2) << 16);
        }
    }
}

void dlm_lines_make(const dlm_operation_t *it, const uint8_t *body, void *state, int16_t *lines) {
    switch (it->kind) {
    case DLM_OPERATION_MIX:
        mix(it, body, lines);
        break;
    case DLM_OPERATION_NORM:
        lines[it->made] = norm(body, it->n, lines);
        break;
    case DLM_OPERATION_BIQUAD:
        lines[it->made] = biquad(state, it->n, lines[it->line]);
        break;
    default:
        lines[it->made] = lines[it->line];
    }
}

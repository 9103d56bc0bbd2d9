// SPDX-License-Identifier: MIT
// Operations on samples: each makes a sample of new lines. Twin of host/deeplomath/signal/lines.py. SIGNAL.md, Lines.
#include "dlm_operations.h"

enum { FRACTION = 8, COEFFICIENT = 29 };

// A section of a filter; all but the coefficients is its state.
typedef struct {
    int32_t coefficients[SECTION_COEFFICIENTS / 4];  // b0, b1, b2, a1, a2 in Q29
    int32_t x1, x2, y1, y2, rest;                    // Q8; rest: Q37, within 2^28
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
    const int32_t *c = s->coefficients;
    const int64_t total = (int64_t)c[0] * x + (int64_t)c[1] * s->x1 + (int64_t)c[2] * s->x2 - (int64_t)c[3] * s->y1 -
                          (int64_t)c[4] * s->y2 + s->rest;
    const int64_t y = dlm_round_shift(total, COEFFICIENT);
    s->rest = (int32_t)((uint32_t)total - ((uint32_t)y << COEFFICIENT));
    s->x2 = s->x1;
    s->x1 = x;
    s->y2 = s->y1;
    s->y1 = dlm_saturate(y, DLM_SIGNAL_FILTER_MAX);
    return s->y1;
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
        for (uint32_t i = 0; i < SECTION_COEFFICIENTS / 4; i++, body += 4) {
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

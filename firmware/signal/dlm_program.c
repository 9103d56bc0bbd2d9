// SPDX-License-Identifier: MIT
// The program of a front-end: read, checked, and planned before anything runs. Twin of
// host/deeplomath/signal/program.py. SIGNAL.md, Program, Memory and Work.
#include "dlm_operations.h"

enum { HEADER = 12, HEAD = 4, MAGIC = 'D' | 'F' << 8, HIGHEST_SUM = 1 << 15 };

// Whether a value is within its limits; else it is why the program is refused.
static bool within(dlm_plan_t *plan, const char *field, uint32_t given, uint32_t low, uint32_t high) {
    if (given >= low && given <= high) {
        return true;
    }
    plan->refusal.field = field;
    plan->refusal.given = given;
    plan->refusal.low = low;
    plan->refusal.high = high;
    return false;
}

static bool exactly(dlm_plan_t *plan, const char *field, uint32_t given, uint32_t needed) {
    return within(plan, field, given, needed, needed);
}

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint32_t u16(const uint8_t *bytes) {
    return dlm_get_u16(bytes);
}

static bool has_spacing(dlm_plan_t *plan, uint32_t line, uint32_t spacing) {
    return exactly(plan, "spacing of its lines", plan->spacing[line], spacing);
}

// Whether lines [n] are there and have one spacing.
static bool are_lines(dlm_plan_t *plan, const uint8_t *lines, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (!within(plan, "line", lines[i], 0, plan->n_lines - 1)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!has_spacing(plan, lines[i], plan->spacing[lines[0]])) {
            return false;
        }
    }
    return true;
}

// Takes a sample operation in that makes n lines of a spacing, with so many factors a sample of the line that it reads.
static bool add_lines(dlm_plan_t *plan, dlm_operation_t *it, uint32_t n, uint32_t spacing, uint32_t factors) {
    const uint32_t read = plan->spacing[it->line];
    if (!within(plan, "lines in all", plan->n_lines + n, 1, DLM_SIGNAL_LINES)) {
        return false;
    }
    plan->work += (uint64_t)((plan->period + read - 1) / read) * factors;
    plan->n_samples++;
    for (; n; n--) {
        plan->spacing[plan->n_lines++] = (uint16_t)spacing;
    }
    return true;
}

static bool add_values(dlm_plan_t *plan, dlm_operation_t *it, uint32_t n) {
    it->state = plan->frame;
    plan->frame += n;
    plan->width = plan->most_values = plan->frame;
    return within(plan, "values", plan->frame, 1, DLM_SIGNAL_VALUES);
}

// Whether the rows that there are now are not too many values.
static bool fits(dlm_plan_t *plan, uint32_t parts, uint32_t width) {
    plan->parts = parts;
    plan->width = width;
    plan->most_values = larger(plan->most_values, parts * width);
    return within(plan, "values", parts * width, 1, DLM_SIGNAL_VALUES);
}

static bool read_mix(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t length) {
    const uint32_t lines = plan->n_lines, n = length / lines;
    if (!within(plan, "shift", it->flags, 0, DLM_SIGNAL_SHIFT) ||
        !exactly(plan, "length", length, larger(n, 1) * lines) ||
        !within(plan, "lines in all", lines + n, 1, DLM_SIGNAL_LINES)) {
        return false;
    }
    uint32_t spacing = 0;
    for (uint32_t row = 0; row < n; row++, body += lines) {
        uint32_t used = 0;
        for (uint32_t line = 0; line < lines; line++) {
            used += body[line] != 0;
        }
        if (!within(plan, "lines of a row", used, 1, lines)) {
            return false;
        }
        for (uint32_t line = 0; line < lines; line++) {
            if (body[line] && !spacing) {
                it->line = (uint8_t)line;
                spacing = plan->spacing[line];
            }
            if (body[line] && !has_spacing(plan, line, spacing)) {
                return false;
            }
        }
    }
    it->n = (uint16_t)n;
    return add_lines(plan, it, n, spacing, length);
}

static bool read_norm(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t length) {
    it->n = (uint16_t)length;
    if (!within(plan, "length", length, 1, DLM_SIGNAL_LINES) || !are_lines(plan, body, length)) {
        return false;
    }
    it->line = body[0];
    return add_lines(plan, it, 1, plan->spacing[body[0]], length);
}

static bool read_biquad(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t length) {
    const uint32_t sections = length < HEAD ? 1 : larger((length - HEAD) / SECTION_COEFFICIENTS, 1);
    if (!exactly(plan, "length", length, HEAD + sections * SECTION_COEFFICIENTS) ||
        !within(plan, "sections", sections, 1, DLM_SIGNAL_SECTIONS) || !are_lines(plan, body, 1)) {
        return false;
    }
    for (uint32_t i = 1; i < HEAD; i++) {
        if (!exactly(plan, "reserved", body[i], 0)) {
            return false;
        }
    }
    it->line = body[0];
    it->n = (uint16_t)sections;
    it->state = plan->state;
    plan->state += sections * SECTION_BYTES;
    return add_lines(plan, it, 1, plan->spacing[body[0]], 5 * sections);
}

static bool read_keep(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t length) {
    if (!exactly(plan, "length", length, 2) || !are_lines(plan, body, 1) ||
        !within(plan, "n", body[1], DLM_SIGNAL_KEEP_MIN, DLM_SIGNAL_KEEP)) {
        return false;
    }
    it->line = body[0];
    it->n = body[1];
    const uint32_t spacing = (uint32_t)plan->spacing[body[0]] * body[1];
    return within(plan, "spacing", spacing, 1, DLM_SIGNAL_SPACING) && add_lines(plan, it, 1, spacing, 1);
}

static bool read_window(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t length) {
    if (!within(plan, "length", length, HEAD + 1, HEAD + DLM_SIGNAL_LINES)) {
        return false;
    }
    const uint32_t n = u16(body), hop = u16(body + 2), lines = length - HEAD;
    if (!within(plan, "n", n, DLM_SIGNAL_WINDOW_MIN, DLM_SIGNAL_WINDOW) || !within(plan, "hop", hop, 1, n) ||
        !are_lines(plan, body + HEAD, lines)) {
        return false;
    }
    it->line = body[HEAD];
    it->state = plan->state;
    plan->n_windows++;
    plan->window_n = n;
    plan->window_lines = lines;
    plan->window_powers = 0;
    plan->longest = larger(plan->longest, hop * plan->spacing[body[HEAD]]);
    plan->state += dlm_aligned(2 * n * lines);
    return true;
}

static bool read_stats(dlm_plan_t *plan, dlm_operation_t *it, uint32_t length) {
    uint32_t n = 0;
    for (unsigned flags = it->flags; flags; flags >>= 1) {
        n += flags & 1;
    }
    plan->work += (uint64_t)n * plan->window_n * plan->window_lines;
    return within(plan, "statistics", it->flags, 1, (1 << DLM_SIGNAL_STATISTICS) - 1) &&
           exactly(plan, "length", length, 0) && add_values(plan, it, n * plan->window_lines);
}

static bool read_power(dlm_plan_t *plan, uint32_t length) {
    const uint32_t n = plan->window_n, bits = dlm_bit_length(n);
    if (!exactly(plan, "length", length, 0) ||
        !exactly(plan, "powers of its window before it", plan->window_powers, 0) ||
        !within(plan, "n of its window", n, DLM_SIGNAL_POWER_MIN, DLM_SIGNAL_POWER) ||
        !exactly(plan, "n of its window", n, (uint32_t)1 << (bits - 1))) {
        return false;
    }
    plan->n_powers++;
    plan->window_powers = 1;
    plan->most_power = larger(plan->most_power, n);
    plan->work += (uint64_t)(n * (bits + 1) + 2) * plan->window_lines;
    return true;
}

static bool read_bands(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t length) {
    if (!within(plan, "shape", it->flags, 0, 1) ||
        !exactly(plan, "powers of its window before it", plan->window_powers, 1) ||
        !exactly(plan, "length", length, larger(length & ~(uint32_t)1, 4 + 2u * it->flags))) {
        return false;
    }
    uint32_t last = 0;
    for (uint32_t at = 0; at < length; at += 2) {
        const uint32_t edge = u16(body + at);
        if (!within(plan, "edge", edge, last, (plan->window_n / 2 + 1) << DLM_SIGNAL_EDGE_BITS)) {
            return false;
        }
        last = edge;
    }
    it->n = (uint16_t)(length / 2 - 1 - it->flags);
    plan->work += (uint64_t)(1 + it->flags) * (((last - u16(body)) >> DLM_SIGNAL_EDGE_BITS) + 1) * plan->window_lines;
    return add_values(plan, it, it->n * plan->window_lines);
}

static bool read_gate(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t length) {
    if (!exactly(plan, "length", length, 10) ||
        !within(plan, "powers before it", plan->n_powers, 1, DLM_SIGNAL_OPERATIONS) ||
        !within(plan, "hang", body[4], 1, DLM_SIGNAL_FRAMES) ||
        !within(plan, "most", body[5], DLM_SIGNAL_FRAMES_MIN, DLM_SIGNAL_FRAMES) ||
        !within(plan, "pre", body[6], 0, body[5] - 1u) || !within(plan, "trim", body[7], 0, DLM_SIGNAL_TRIM) ||
        !within(plan, "least", body[8], 1, body[5]) || !within(plan, "slow", body[9], 0, DLM_SIGNAL_SLOW)) {
        return false;
    }
    it->state = plan->state;
    plan->n_gates = 1;
    plan->parts = 0;
    plan->work += (uint64_t)body[5] * plan->frame;
    plan->state += dlm_aligned(body[5] * (2 + 2 * plan->frame));
    return true;
}

static bool read_pool(dlm_plan_t *plan, dlm_operation_t *it, uint32_t length) {
    plan->n_pools = 1;
    return exactly(plan, "length", length, 0) && within(plan, "parts", it->flags, 1, DLM_SIGNAL_PARTS) &&
           fits(plan, it->flags, plan->width);
}

static bool read_map(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t length) {
    const uint32_t width = plan->width, rows = it->flags;
    if (!exactly(plan, "length", length, 2 * rows * width)) {
        return false;
    }
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < width; i++, body += 2) {
            const int32_t factor = dlm_get_i16(body);
            sum += (uint32_t)(factor < 0 ? -factor : factor);
        }
        if (!within(plan, "absolute sum of a row", sum, 0, HIGHEST_SUM)) {
            return false;
        }
    }
    it->n = (uint16_t)rows;
    plan->n_maps++;
    plan->work += (uint64_t)plan->parts * width * larger(rows, 1);
    return fits(plan, plan->parts, rows ? rows : width);
}

// Sample operations come first, then windows each with its own, then gate and pool, then maps.
static bool is_in_place(dlm_plan_t *plan, uint32_t kind) {
    if (kind < DLM_OPERATION_WINDOW) {
        return exactly(plan, "windows before it", plan->n_windows, 0);
    }
    if (kind > DLM_OPERATION_WINDOW && !within(plan, "windows before it", plan->n_windows, 1, DLM_SIGNAL_OPERATIONS)) {
        return false;
    }
    if (kind == DLM_OPERATION_MAP) {
        return exactly(plan, "pools before it", plan->n_pools, plan->n_gates);
    }
    return exactly(plan, "maps before it", plan->n_maps, 0) &&
           exactly(plan, "gates before it", plan->n_gates, kind == DLM_OPERATION_POOL) &&
           (kind != DLM_OPERATION_POOL || exactly(plan, "pools before it", plan->n_pools, 0));
}

static bool read_body(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t length) {
    switch (it->kind) {
    case DLM_OPERATION_MIX:
        return read_mix(plan, it, body, length);
    case DLM_OPERATION_NORM:
        return read_norm(plan, it, body, length);
    case DLM_OPERATION_BIQUAD:
        return read_biquad(plan, it, body, length);
    case DLM_OPERATION_KEEP:
        return read_keep(plan, it, body, length);
    case DLM_OPERATION_WINDOW:
        return read_window(plan, it, body, length);
    case DLM_OPERATION_STATS:
        return read_stats(plan, it, length);
    case DLM_OPERATION_POWER:
        return read_power(plan, length);
    case DLM_OPERATION_BANDS:
        return read_bands(plan, it, body, length);
    case DLM_OPERATION_GATE:
        return read_gate(plan, it, body, length);
    case DLM_OPERATION_POOL:
        return read_pool(plan, it, length);
    default:
        return read_map(plan, it, body, length);
    }
}

// Takes in the operation at an offset; returns where the next one begins, 0 where it is refused.
static uint32_t read_operation(dlm_plan_t *plan, uint32_t index, uint32_t at) {
    const uint8_t *head = plan->code + at;
    plan->refusal.operation = index + 1;
    plan->refusal.kind = 0;
    if (plan->bytes - at < HEAD) {
        exactly(plan, "bytes", plan->bytes - at, HEAD);
        return 0;
    }
    if (!within(plan, "kind", head[0], 1, DLM_OPERATION_MAP)) {
        return 0;
    }
    plan->refusal.kind = head[0];
    const uint32_t length = u16(head + 2);
    dlm_operation_t it = {.kind = head[0], .flags = head[1], .body = (uint16_t)(at + HEAD)};
    it.made = (uint8_t)plan->n_lines;
    const uint32_t flagged = 1u << DLM_OPERATION_MIX | 1u << DLM_OPERATION_STATS | 1u << DLM_OPERATION_BANDS |
                             1u << DLM_OPERATION_POOL | 1u << DLM_OPERATION_MAP;
    if (!within(plan, "length", length, 0, plan->bytes - at - HEAD) || !is_in_place(plan, it.kind) ||
        (!(flagged >> it.kind & 1) && !exactly(plan, "flags", it.flags, 0)) ||
        !read_body(plan, &it, head + HEAD, length)) {
        return 0;
    }
    if (it.kind >= DLM_OPERATION_WINDOW && it.kind <= DLM_OPERATION_POWER) {
        it.n = (uint16_t)plan->window_n;
        it.made = (uint8_t)plan->window_lines;
    }
    if (plan->operations) {
        plan->operations[index] = it;
    }
    return at + HEAD + length;
}

bool dlm_program_read(dlm_plan_t *plan) {
    const uint8_t *code = plan->code;
    if (!within(plan, "bytes", plan->bytes, HEADER, DLM_SIGNAL_PROGRAM) || !exactly(plan, "magic", u16(code), MAGIC) ||
        !exactly(plan, "version", code[2], DLM_SIGNAL_VERSION) ||
        !within(plan, "lines", code[3], 1, DLM_SIGNAL_INPUTS) ||
        !within(plan, "operations", u16(code + 8), 1, DLM_SIGNAL_OPERATIONS)) {
        return false;
    }
    const uint32_t n = plan->n_operations = u16(code + 8);
    plan->parts = 1;
    plan->state = DLM_SIGNAL_FOOTPRINT + DLM_SIGNAL_FOOTPRINT_OPERATION * n + dlm_aligned(plan->bytes);
    for (plan->n_lines = 0; plan->n_lines < code[3];) {
        plan->spacing[plan->n_lines++] = 1;
    }
    uint32_t at = HEADER;
    for (uint32_t i = 0; i < n; i++) {
        at = read_operation(plan, i, at);
        if (!at) {
            return false;
        }
    }
    plan->refusal.operation = plan->refusal.kind = 0;
    return exactly(plan, "bytes", plan->bytes, at) && within(plan, "windows", plan->n_windows, 1, n) &&
           exactly(plan, "pools", plan->n_pools, plan->n_gates) &&
           within(plan, "features made", plan->parts * plan->width, 1, DLM_LIMIT_FEATURES) &&
           exactly(plan, "features", u16(code + 10), plan->parts * plan->width);
}

uint32_t dlm_program_footprint(const dlm_plan_t *plan) {
    const uint32_t power = plan->most_power ? 4 * plan->most_power + 8 : 0;
    return plan->state + dlm_aligned(2 * plan->n_lines) + power + dlm_aligned(4 * plan->most_values);
}

// SPDX-License-Identifier: MIT
// The program of a front-end: read, checked, and planned before anything runs. Twin of
// host/deeplomath/signal/program.py. SIGNAL.md, Program, Memory and Work.
#include "dlm_operations.h"

enum { HEADER = 12, HEAD = 4, MAGIC = 'D' | 'F' << 8, HIGHEST_SUM = 1 << 15 };

// What an operation looks like: limits of its flags, and its length, base + unit * count.
typedef struct {
    uint8_t field, flags_low, flags_high;  // what its flags are called
    uint8_t base, unit, least, most;       // unit 0: it depends on lines or width
} form_t;

static const form_t forms[] = {
    {DLM_FIELD_SHIFT, 0, DLM_SIGNAL_SHIFT, 0, 0, 1, DLM_SIGNAL_LINES},
    {DLM_FIELD_FLAGS, 0, 0, 0, 1, 1, DLM_SIGNAL_LINES},
    {DLM_FIELD_FLAGS, 0, 0, HEAD, SECTION_COEFFICIENTS, 1, DLM_SIGNAL_SECTIONS},
    {DLM_FIELD_FLAGS, 0, 0, 2, 1, 0, 0},
    {DLM_FIELD_FLAGS, 0, 0, HEAD, 1, 1, DLM_SIGNAL_LINES},
    {DLM_FIELD_STATISTICS, 1, (1 << DLM_SIGNAL_STATISTICS) - 1, 0, 1, 0, 0},
    {DLM_FIELD_FLAGS, 0, 0, 0, 1, 0, 0},
    {DLM_FIELD_SHAPE, 0, 1, 2, 2, 1, UINT8_MAX},
    {DLM_FIELD_FLAGS, 0, 0, sizeof(dlm_gate_t), 1, 0, 0},
    {DLM_FIELD_PARTS, 1, DLM_SIGNAL_PARTS, 0, 1, 0, 0},
    {DLM_FIELD_ROWS, 0, UINT8_MAX, 0, 0, 0, 0},
};

// Limits of the bytes of a gate from the fifth on; high 0: the most frames.
static const struct {
    uint8_t field, low, high;
} gate_limits[] = {{DLM_FIELD_HANG, 1, DLM_SIGNAL_FRAMES},
                   {DLM_FIELD_MOST, DLM_SIGNAL_FRAMES_MIN, DLM_SIGNAL_FRAMES},
                   {DLM_FIELD_PRE, 0, 0},
                   {DLM_FIELD_TRIM, 0, DLM_SIGNAL_TRIM},
                   {DLM_FIELD_LEAST, 1, 0},
                   {DLM_FIELD_SLOW, 0, DLM_SIGNAL_SLOW}};

// Whether a value is within its limits; else it is why the program is refused, if nothing was before.
static bool within(dlm_plan_t *plan, uint32_t field, uint32_t given, uint32_t low, uint32_t high) {
    if (given >= low && given <= high) {
        return true;
    }
    if (!plan->refusal.field) {
        plan->refusal.field = field;
        plan->refusal.given = given;
        plan->refusal.low = low;
        plan->refusal.high = high;
    }
    return false;
}

static bool exactly(dlm_plan_t *plan, uint32_t field, uint32_t given, uint32_t needed) {
    return within(plan, field, given, needed, needed);
}

static void raise_to(uint32_t *most, uint32_t value) {
    *most = value > *most ? value : *most;
}

// Adds a line that is read with those before; *spacing is theirs, 0 where there are none.
static bool join(dlm_plan_t *plan, dlm_operation_t *it, uint32_t line, uint32_t *spacing) {
    if (!within(plan, DLM_FIELD_LINE, line, 0, plan->n_lines - 1)) {
        return false;
    }
    if (!*spacing) {
        it->line = (uint8_t)line;
        *spacing = plan->spacing[line];
    }
    return exactly(plan, DLM_FIELD_SPACING_OF_ITS_LINES, plan->spacing[line], *spacing);
}

// The lines that an operation reads: their spacing, 0 if it is refused. n: rows of a mix, lines of the others.
static uint32_t read_lines(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t n) {
    uint32_t spacing = 0;
    if (it->kind != DLM_OPERATION_MIX) {
        for (; n; n--) {
            if (!join(plan, it, *body++, &spacing)) {
                return 0;
            }
        }
        return spacing;
    }
    for (; n; n--) {
        uint32_t used = 0;
        for (uint32_t line = 0; line < plan->n_lines; line++) {
            if (*body++) {
                used++;
                if (!join(plan, it, line, &spacing)) {
                    return 0;
                }
            }
        }
        if (!within(plan, DLM_FIELD_LINES_OF_A_ROW, used, 1, plan->n_lines)) {
            return 0;
        }
    }
    return spacing;
}

// A sample operation: its lines. count: of rows, lines or sections.
static void read_sample(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t count) {
    uint32_t made = 1, n = 1, factors = 0;
    if (it->kind == DLM_OPERATION_MIX) {
        made = n = count;
        factors = plan->n_lines;
    } else if (it->kind == DLM_OPERATION_NORM) {
        n = factors = count;
    } else if (it->kind == DLM_OPERATION_BIQUAD) {
        exactly(plan, DLM_FIELD_RESERVED, (uint32_t)(body[1] | body[2] | body[3]), 0);
        factors = count * (SECTION_COEFFICIENTS / 4);
        it->state = plan->state;
        plan->state += count * SECTION_BYTES;
    }
    uint32_t spacing = read_lines(plan, it, body, n);
    if (!within(plan, DLM_FIELD_LINES_IN_ALL, plan->n_lines + made, 1, DLM_SIGNAL_LINES) || !spacing) {
        return;
    }
    it->n = (uint16_t)count;
    if (it->kind == DLM_OPERATION_KEEP) {
        it->n = body[1];
        spacing *= body[1];
        within(plan, DLM_FIELD_N, body[1], DLM_SIGNAL_KEEP_MIN, DLM_SIGNAL_KEEP);
        within(plan, DLM_FIELD_SPACING, spacing, 1, DLM_SIGNAL_SPACING);
    }
    for (; made; made--) {
        plan->factors[plan->n_lines] = (uint8_t)factors;
        plan->spacing[plan->n_lines++] = (uint16_t)spacing;
    }
}

static void read_window(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t lines) {
    const uint32_t n = dlm_get_u16(body), hop = dlm_get_u16(body + 2);
    within(plan, DLM_FIELD_N, n, DLM_SIGNAL_WINDOW_MIN, DLM_SIGNAL_WINDOW);
    within(plan, DLM_FIELD_HOP, hop, 1, n);
    const uint32_t period = hop * read_lines(plan, it, body + HEAD, lines);
    within(plan, DLM_FIELD_PERIOD, period, 1, DLM_SIGNAL_PERIOD);
    raise_to(&plan->longest, period);
    it->state = plan->state;
    plan->window_n = n;
    plan->window_lines = lines;
    plan->window_powers = 0;
    plan->state += dlm_aligned(2 * n * lines);
}

static void read_power(dlm_plan_t *plan) {
    const uint32_t n = plan->window_n, bits = dlm_bit_length(n);
    exactly(plan, DLM_FIELD_POWERS_OF_ITS_WINDOW_BEFORE_IT, plan->window_powers, 0);
    within(plan, DLM_FIELD_N_OF_ITS_WINDOW, n, DLM_SIGNAL_POWER_MIN, DLM_SIGNAL_POWER);
    exactly(plan, DLM_FIELD_N_OF_ITS_WINDOW, n, (uint32_t)1 << (bits - 1));
    plan->window_powers = 1;
    raise_to(&plan->most_power, n);
    plan->work += (n * (bits + 1) + 2) * plan->window_lines;
}

// Rows of values that there are from here on.
static void set_rows(dlm_plan_t *plan, uint32_t parts, uint32_t width) {
    plan->parts = parts;
    plan->width = width;
    raise_to(&plan->most_values, parts * width);
    within(plan, DLM_FIELD_VALUES, parts * width, 1, DLM_SIGNAL_VALUES);
}

// Statistics or bands: n values of each line of the window, with so many multiply-accumulates.
static void add_values(dlm_plan_t *plan, dlm_operation_t *it, uint32_t n, uint32_t work) {
    it->state = plan->frame;
    plan->work += work * plan->window_lines;
    plan->frame += n * plan->window_lines;
    set_rows(plan, 1, plan->frame);
}

static void read_bands(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t n) {
    const uint32_t most = (plan->window_n / 2 + 1) << DLM_SIGNAL_EDGE_BITS, first = dlm_get_u16(body);
    uint32_t last = 0;
    exactly(plan, DLM_FIELD_POWERS_OF_ITS_WINDOW_BEFORE_IT, plan->window_powers, 1);
    for (uint32_t left = n + 1 + it->flags; left; left--, body += 2) {
        const uint32_t edge = dlm_get_u16(body);
        within(plan, DLM_FIELD_EDGE, edge, last, most);
        last = edge;
    }
    it->n = (uint16_t)n;
    add_values(plan, it, n, (1 + it->flags) * (((last - first) >> DLM_SIGNAL_EDGE_BITS) + 1));
}

static void read_stats(dlm_plan_t *plan, dlm_operation_t *it) {
    uint32_t n = 0;
    for (unsigned flags = it->flags; flags; flags >>= 1) {
        n += flags & 1;
    }
    add_values(plan, it, n, n * plan->window_n);
}

static void read_gate(dlm_plan_t *plan, dlm_operation_t *it, const dlm_gate_t *gate) {
    const uint32_t most = gate->most, closing = gate->hang + 1u;
    within(plan, DLM_FIELD_POWERS_BEFORE_IT, plan->most_power > 0, 1, DLM_SIGNAL_OPERATIONS);
    for (uint32_t i = 0; i < sizeof(gate_limits) / sizeof(*gate_limits); i++) {
        const uint32_t low = gate_limits[i].low, high = gate_limits[i].high;
        within(plan, gate_limits[i].field, ((const uint8_t *)gate)[4 + i], low, high ? high : most - !low);
    }
    it->state = plan->state;
    plan->frames = closing < most ? closing : most;
    plan->work += most * plan->frame;
    plan->state += dlm_aligned(most * (2 + 2 * plan->frame));
}

static void read_map(dlm_plan_t *plan, const uint8_t *body, uint32_t rows) {
    plan->work += plan->parts * plan->width * (rows + !rows);
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < plan->width; i++, body += 2) {
            const int32_t factor = dlm_get_i16(body);
            sum += (uint32_t)(factor < 0 ? -factor : factor);
        }
        within(plan, DLM_FIELD_ABSOLUTE_SUM_OF_A_ROW, sum, 0, HIGHEST_SUM);
    }
    set_rows(plan, plan->parts, rows ? rows : plan->width);
}

// The rest of an operation whose flags and length are right.
static void read_body(dlm_plan_t *plan, dlm_operation_t *it, const uint8_t *body, uint32_t count) {
    const uint32_t kind = it->kind;
    if (kind < DLM_OPERATION_WINDOW) {
        read_sample(plan, it, body, count);
    } else if (kind == DLM_OPERATION_WINDOW) {
        read_window(plan, it, body, count);
    } else if (kind == DLM_OPERATION_STATS) {
        read_stats(plan, it);
    } else if (kind == DLM_OPERATION_POWER) {
        read_power(plan);
    } else if (kind == DLM_OPERATION_BANDS) {
        read_bands(plan, it, body, count);
    } else if (kind == DLM_OPERATION_GATE) {
        read_gate(plan, it, (const dlm_gate_t *)body);
    } else if (kind == DLM_OPERATION_POOL) {
        exactly(plan, DLM_FIELD_GATES_BEFORE_IT, plan->frames > 1, 1);
        set_rows(plan, it->flags, plan->width);
    } else {
        read_map(plan, body, it->flags);
    }
    if (kind >= DLM_OPERATION_WINDOW && kind <= DLM_OPERATION_POWER) {
        it->n = (uint16_t)plan->window_n;
        it->made = (uint8_t)plan->window_lines;
    }
    // Sample operations come first, then windows each with its own, then gate and pool, then maps.
    if (kind >= DLM_OPERATION_GATE) {
        plan->kind_low = plan->kind_high = kind == DLM_OPERATION_GATE ? DLM_OPERATION_POOL : DLM_OPERATION_MAP;
    } else if (kind >= DLM_OPERATION_WINDOW) {
        plan->kind_low = DLM_OPERATION_WINDOW;
        plan->kind_high = DLM_OPERATION_MAP;
    }
}

// Takes in the operation at an offset; returns where the next one begins.
static uint32_t read_operation(dlm_plan_t *plan, dlm_operation_t *it, uint32_t at) {
    const uint8_t *head = plan->code + at;
    const uint32_t left = plan->bytes - at;
    if (left < HEAD) {
        exactly(plan, DLM_FIELD_BYTES, left, HEAD);
        return 0;
    }
    const uint32_t kind = head[0], flags = head[1], length = dlm_get_u16(head + 2);
    plan->refusal.kind = kind > DLM_OPERATION_MAP ? 0 : kind;
    if (!within(plan, DLM_FIELD_KIND, kind, plan->kind_low, plan->kind_high)) {
        return 0;
    }
    const form_t *form = &forms[kind - 1];
    uint32_t base = form->base, unit = form->unit, least = form->least, most = form->most;
    if (kind == DLM_OPERATION_MIX) {
        unit = plan->n_lines;
    } else if (kind == DLM_OPERATION_MAP) {
        if (!within(plan, DLM_FIELD_VALUES, plan->width, 1, DLM_SIGNAL_VALUES)) {
            return 0;
        }
        unit = 2 * plan->width;
        least = most = flags;
    } else if (kind == DLM_OPERATION_BANDS) {
        base += 2 * flags;
    }
    const uint32_t count = length < base ? 0 : (length - base) / unit;
    if (!within(plan, form->field, flags, form->flags_low, form->flags_high) ||
        !within(plan, DLM_FIELD_LENGTH, length, 0, left - HEAD) ||
        !within(plan, DLM_FIELD_LENGTH, length, base + unit * least, base + unit * most) ||
        !exactly(plan, DLM_FIELD_LENGTH, length, base + unit * count)) {
        return 0;
    }
    *it = (dlm_operation_t){
        .kind = head[0], .flags = head[1], .body = (uint16_t)(at + HEAD), .made = (uint8_t)plan->n_lines};
    read_body(plan, it, head + HEAD, count);
    return at + HEAD + length;
}

// The front-end of a program that was read.
static void plan_front(dlm_plan_t *plan) {
    dlm_front_t *front = &plan->front;
    const uint32_t power = plan->most_power ? 4 * plan->most_power + 8 : 0;
    uint32_t work = plan->work;
    for (uint32_t line = 0; line < plan->n_lines; line++) {
        work += (plan->longest + plan->spacing[line] - 1) / plan->spacing[line] * plan->factors[line];
    }
    front->lines = plan->state;
    front->power = front->lines + dlm_aligned(2 * plan->n_lines);
    front->values = front->power + power;
    front->bytes = (uint16_t)plan->bytes;
    front->frame = (uint16_t)plan->frame;
    front->n_operations = plan->code[8];
    front->parts = (uint8_t)plan->parts;
    front->info = (dlm_front_info_t){.work = work,
                                     .footprint = front->values + dlm_aligned(4 * plan->most_values),
                                     .lines = plan->code[3],
                                     .features = plan->parts * plan->width,
                                     .apart = plan->longest * plan->frames};
}

// The header. Returns the number of operations, 0 if the program is refused.
static uint32_t read_header(dlm_plan_t *plan) {
    const uint8_t *code = plan->code;
    if (!within(plan, DLM_FIELD_BYTES, plan->bytes, HEADER, DLM_SIGNAL_PROGRAM) ||
        !exactly(plan, DLM_FIELD_MAGIC, dlm_get_u16(code), MAGIC) ||
        !exactly(plan, DLM_FIELD_VERSION, code[2], DLM_SIGNAL_VERSION) ||
        !within(plan, DLM_FIELD_LINES, code[3], 1, DLM_SIGNAL_INPUTS) ||
        !within(plan, DLM_FIELD_OPERATIONS, dlm_get_u16(code + 8), 1, DLM_SIGNAL_OPERATIONS)) {
        return 0;
    }
    plan->parts = plan->frames = plan->kind_low = 1;
    plan->kind_high = DLM_OPERATION_WINDOW;
    plan->state = DLM_SIGNAL_FOOTPRINT + DLM_SIGNAL_FOOTPRINT_OPERATION * (uint32_t)code[8] + dlm_aligned(plan->bytes);
    for (; plan->n_lines < code[3]; plan->n_lines++) {
        plan->spacing[plan->n_lines] = 1;
    }
    return code[8];
}

int dlm_program_read(dlm_plan_t *plan, const uint8_t *program, size_t bytes, dlm_operation_t *operations) {
    memset(plan, 0, sizeof(*plan));
    plan->code = program;
    plan->bytes = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
    const uint32_t n = read_header(plan);
    uint32_t at = HEADER;
    for (uint32_t i = 0; i < n && !plan->refusal.field; i++) {
        dlm_operation_t it;
        plan->refusal.operation = i + 1;
        plan->refusal.kind = 0;
        at = read_operation(plan, operations ? operations + i : &it, at);
    }
    if (!plan->refusal.field) {
        plan->refusal.operation = plan->refusal.kind = 0;
        plan_front(plan);
        exactly(plan, DLM_FIELD_BYTES, plan->bytes, at);
        within(plan, DLM_FIELD_WINDOWS_BEFORE_THE_END, plan->window_lines > 0, 1, n);
        exactly(plan, DLM_FIELD_POOLS_BEFORE_THE_END, plan->kind_high != DLM_OPERATION_POOL, 1);
        within(plan, DLM_FIELD_FEATURES_MADE, plan->front.info.features, 1, DLM_LIMIT_FEATURES);
        exactly(plan, DLM_FIELD_FEATURES, dlm_get_u16(program + 10), plan->front.info.features);
    }
    return plan->refusal.field ? DLM_ERR_PROGRAM : 0;
}

// SPDX-License-Identifier: MIT
// A front-end: samples in, in chunks of any size, events out. Twin of host/deeplomath/signal/front.py. SIGNAL.md,
// Stream.
#include "dlm_operations.h"

typedef char front_has_the_size_that_the_twin_counts_on[sizeof(dlm_front_t) == DLM_SIGNAL_FOOTPRINT ? 1 : -1];
typedef char operation_has_it_too[sizeof(dlm_operation_t) == DLM_SIGNAL_FOOTPRINT_OPERATION ? 1 : -1];

static void *at_offset(dlm_front_t *front, uint32_t offset) {
    return (uint8_t *)front + offset;
}

static dlm_operation_t *operations_of(dlm_front_t *front) {
    return at_offset(front, sizeof(*front));
}

static uint8_t *code_of(dlm_front_t *front) {
    return (uint8_t *)(operations_of(front) + front->n_operations);
}

int dlm_front_check(const uint8_t *program, size_t bytes, dlm_front_info_t *info, dlm_refusal_t *refusal) {
    dlm_plan_t plan;
    const int error = dlm_program_read(&plan, program, bytes, NULL);
    if (!error) {
        *info = plan.front.info;
    } else if (refusal) {
        *refusal = plan.refusal;
    }
    return error;
}

int dlm_front_init(const uint8_t *program, size_t bytes, void *buffer, size_t buffer_bytes, dlm_front_t **front) {
    dlm_plan_t plan;
    const int error = dlm_program_read(&plan, program, bytes, NULL);
    if (error) {
        return error;
    }
    if (buffer_bytes < plan.front.info.footprint || (uintptr_t)buffer % 8) {
        return DLM_ERR_BUFFER;
    }
    dlm_front_t *it = buffer;
    memset(it, 0, plan.front.info.footprint);
    dlm_program_read(&plan, program, bytes, operations_of(it));
    *it = plan.front;
    memcpy(code_of(it), program, bytes);
    dlm_front_reset(it);
    *front = it;
    return 0;
}

// Filters, phases, windows and gate as at the start.
static void restart(dlm_front_t *front) {
    dlm_operation_t *it = operations_of(front);
    const uint8_t *code = code_of(front);
    for (; it->kind <= DLM_OPERATION_MAP; it++) {
        it->at = 0;
        it->missing = it->kind == DLM_OPERATION_WINDOW ? it->n : 0;
        if (it->kind == DLM_OPERATION_BIQUAD) {
            dlm_biquad_init(at_offset(front, it->state), code + it->body, it->n);
        }
    }
    front->first = front->held = front->open = 0;
    front->floor = -1;
}

void dlm_front_reset(dlm_front_t *front) {
    front->index = front->overruns = 0;
    restart(front);
}

void dlm_front_skip(dlm_front_t *front, uint64_t n) {
    if (n) {
        front->index += n;
        front->overruns += n;
        restart(front);
    }
}

// The samples of all lines at this time, of the input's here. Returns a bit for each line that has one.
static uint32_t make_lines(dlm_front_t *front, const int16_t *samples, int16_t *lines) {
    const uint8_t *code = code_of(front);
    uint32_t fresh = ((uint32_t)1 << front->info.lines) - 1;
    memcpy(lines, samples, 2 * front->info.lines);
    for (dlm_operation_t *it = operations_of(front); it->kind < DLM_OPERATION_WINDOW; it++) {
        if (!(fresh >> it->line & 1)) {
            continue;
        }
        if (it->kind == DLM_OPERATION_KEEP) {
            const uint16_t at = it->at;
            it->at = (uint16_t)(at + 1 < it->n ? at + 1 : 0);
            if (at) {
                continue;
            }
        }
        dlm_lines_make(it, code + it->body, at_offset(front, it->state), lines);
        const uint32_t made = it->kind == DLM_OPERATION_MIX ? it->n : 1;
        fresh |= (((uint32_t)1 << made) - 1) << it->made;
    }
    return fresh;
}

// Puts n samples, at least one, of the lines that have them into the windows from `it` on; one of a line lies `stride` int16 behind the
// last. Returns how many more may come so: until a window is at its end, or all have what they need; 0: they have.
static uint32_t collect(dlm_front_t *front, dlm_operation_t *it, uint32_t fresh, const int16_t *lines, uint32_t stride,
                        uint32_t n) {
    const uint8_t *code = code_of(front);
    uint32_t missing = 0, most = UINT32_MAX;
    for (; it->kind <= DLM_OPERATION_BANDS; it++) {
        if (it->kind != DLM_OPERATION_WINDOW) {
            continue;
        }
        if (fresh >> it->line & 1) {
            const uint8_t *line = code + it->body + 4;
            int16_t *row = (int16_t *)at_offset(front, it->state) + it->at;
            for (uint32_t i = 0; i < it->made; i++, row += it->n) {
                const int16_t *from = lines + line[i];
                int16_t *to = row;
                uint32_t left = n;
                do {
                    *to++ = *from;
                    from += stride;
                } while (--left);
            }
            it->at = (uint16_t)(it->at + n < it->n ? it->at + n : 0);
            it->missing = (uint16_t)(it->missing > n ? it->missing - n : 0);
        }
        const uint32_t free = (uint32_t)it->n - it->at;
        missing = it->missing > missing ? it->missing : missing;
        most = free < most ? free : most;
    }
    return missing < most ? missing : most;
}

static void reverse(int16_t *row, uint32_t n) {
    for (uint32_t i = 0; i < n / 2; i++) {
        const int16_t value = row[i];
        row[i] = row[n - 1 - i];
        row[n - 1 - i] = value;
    }
}

// Turns the rows of a window so that the oldest samples come first.
static void straighten(dlm_operation_t *window, int16_t *rows) {
    for (uint32_t i = 0; i < window->made && window->at; i++, rows += window->n) {
        reverse(rows, window->at);
        reverse(rows + window->at, window->n - window->at);
        reverse(rows, window->n);
    }
    window->at = 0;
}

// Drops the oldest hop samples.
static void advance(dlm_operation_t *window, int16_t *rows, uint32_t hop) {
    const uint32_t left = window->n - hop;
    for (uint32_t i = 0; i < window->made && left; i++, rows += window->n) {
        memmove(rows, rows + hop, 2 * left);
    }
    window->at = (uint16_t)left;
    window->missing = (uint16_t)hop;
}

// The power of all lines of a window, and the bands of each; `it` is its power's. Returns the sum.
static uint64_t make_bands(dlm_front_t *front, const dlm_operation_t *it, const int16_t *rows, int16_t *values) {
    dlm_bin_t *power = at_offset(front, front->power);
    uint64_t total = 0;
    for (uint32_t line = 0; line < it->made; line++, rows += it->n) {
        total += dlm_power(rows, it->n, power);
        const dlm_operation_t *bands = it + 1;
        for (; bands->kind == DLM_OPERATION_BANDS || bands->kind == DLM_OPERATION_STATS; bands++) {
            if (bands->kind == DLM_OPERATION_BANDS) {
                dlm_bands(power, it->n, code_of(front) + bands->body, bands->n, bands->flags,
                          values + bands->state + line * bands->n);
            }
        }
    }
    return total;
}

// A frame of all windows, from `it` on, to values; *power of the last window that has one, and its n. Returns the operation behind.
static const dlm_operation_t *make_frame(dlm_front_t *front, dlm_operation_t *it, int16_t *values, uint64_t *power,
                                         uint32_t *n) {
    dlm_operation_t *window = it;
    int16_t *rows = NULL;
    for (; it->kind <= DLM_OPERATION_BANDS; it++) {
        if (it->kind == DLM_OPERATION_WINDOW) {
            window = it;
            rows = at_offset(front, it->state);
            straighten(window, rows);
        } else if (it->kind == DLM_OPERATION_STATS) {
            for (uint32_t line = 0; line < it->made; line++) {
                dlm_stats(rows + line * it->n, it->n, it->flags, values + it->state + line, it->made);
            }
        } else if (it->kind == DLM_OPERATION_POWER) {
            *power = make_bands(front, it, rows, values);
            *n = it->n;
        }
        if (it[1].kind == DLM_OPERATION_WINDOW || it[1].kind > DLM_OPERATION_BANDS) {
            advance(window, rows, dlm_get_u16(code_of(front) + window->body + 2));
        }
    }
    return it;
}

// Makes a frame, and of it an event, if one ends with it.
static bool make_event(dlm_front_t *front, dlm_operation_t *windows, int16_t *features) {
    const uint32_t half = (front->info.footprint - front->values) / 4;
    int16_t *values = at_offset(front, front->values), *other = values + half;
    uint64_t power = 0;
    uint32_t n = 0, width = front->frame;
    const dlm_operation_t *it = make_frame(front, windows, values, &power, &n);
    if (it->kind == DLM_OPERATION_GATE) {
        const dlm_gate_t *gate = (const dlm_gate_t *)(code_of(front) + it->body);
        uint16_t *store = at_offset(front, it->state);
        const uint32_t frames =
            dlm_gate_take(front, store, gate, values, power, DLM_SIGNAL_GUARD + 1 - dlm_bit_length(n));
        if (!frames) {
            return false;
        }
        dlm_pool(&(dlm_rows_t){(int16_t *)store + 1, width + 1, gate->most, front->first, frames}, front->parts, width,
                 values);
        it += 2;
    }
    for (; it->kind == DLM_OPERATION_MAP; it++) {
        dlm_map(values, front->parts, width, code_of(front) + it->body, it->flags, other);
        width = it->flags ? it->flags : width;
        int16_t *made = other;
        other = values;
        values = made;
    }
    memcpy(features, values, 2 * front->info.features);
    return true;
}

uint32_t dlm_front_push(dlm_front_t *front, const int16_t *samples, uint32_t n, dlm_event_t *event) {
    const uint32_t stride = front->info.lines;
    int16_t *made = at_offset(front, front->lines);
    dlm_operation_t *windows = operations_of(front);
    while (windows->kind < DLM_OPERATION_WINDOW) {
        windows++;
    }
    uint32_t taken = 0, room = collect(front, windows, 0, samples, 0, 0);
    event->ready = 0;
    while (taken < n && !event->ready) {
        uint32_t run = 1;
        if (windows == operations_of(front)) {  // the input goes straight into them
            run = room < n - taken ? room : n - taken;
            room = collect(front, windows, UINT32_MAX, samples, stride, run);
        } else {
            room = collect(front, windows, make_lines(front, samples, made), made, 0, 1);
        }
        samples += run * stride;
        taken += run;
        front->index += run;
        if (!room) {
            event->ready = make_event(front, windows, event->features);
            room = collect(front, windows, 0, samples, 0, 0);
        }
    }
    event->at = front->index - 1;
    return taken;
}

uint64_t dlm_front_index(const dlm_front_t *front) {
    return front->index;
}

uint64_t dlm_front_overruns(const dlm_front_t *front) {
    return front->overruns;
}

void dlm_front_info(const dlm_front_t *front, dlm_front_info_t *info) {
    *info = front->info;
}

const uint8_t *dlm_front_program(const dlm_front_t *front, size_t *bytes) {
    *bytes = front->bytes;
    return (const uint8_t *)(front + 1) + DLM_SIGNAL_FOOTPRINT_OPERATION * front->n_operations;
}

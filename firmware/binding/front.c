// SPDX-License-Identifier: MIT
// FrontEnd: a program in, samples in, events out. Its host twin is host/deeplomath/signal/front.py.
#include "front.h"

#include <string.h>

#include "arguments.h"
#include "blocks.h"
#include "dlm_signal.h"
#include "errors.h"
#include "py/objlist.h"
#include "py/objtuple.h"

typedef struct {
    mp_obj_base_t base;
    dlm_front_t *front;    // in its own block of the heap, footprint bytes
    mp_obj_list_t *ahead;  // events that are made but not filled, for the next push; or NULL
    uint64_t at;           // of the last take: the index of its event,
    bool ready;            // where there is one
} front_obj_t;

static const char operation_names[] = DLM_OPERATION_NAMES, field_names[] = DLM_FIELD_NAMES;

// Name `number`, from 1 on, of names each ended by a 0.
static const char *name_of(const char *names, uint32_t number) {
    for (; number > 1; number--) {
        while (*names++) {
        }
    }
    return names;
}

// "operation 3, biquad: line: 7 given, 0..5 allowed"
static NORETURN void raise_refusal(const dlm_refusal_t *refusal) {
    text_t text = {.length = 0};
    if (refusal->operation) {
        mod_add_text(&text, "operation ");
        mod_add_int(&text, refusal->operation);
    } else {
        mod_add_text(&text, "program");
    }
    if (refusal->kind) {
        mod_add_text(&text, ", ");
        mod_add_text(&text, name_of(operation_names, refusal->kind));
    }
    mod_add_text(&text, ": ");
    mod_add_text(&text, name_of(field_names, refusal->field));
    mod_add_text(&text, ": ");
    mod_add_int(&text, refusal->given);
    mod_add_text(&text, " given, ");
    mod_add_int(&text, refusal->low);
    if (refusal->low < refusal->high) {
        mod_add_text(&text, "..");
        mod_add_int(&text, refusal->high);
    }
    mod_add_text(&text, refusal->low < refusal->high ? " allowed" : " needed");
    mod_raise(&mp_type_ValueError, &text, DLM_ERR_PROGRAM);
}

static NORETURN void raise_memory(uint32_t footprint) {
    text_t text = {.length = 0};
    mod_add_text(&text, "memory: ");
    mod_add_int(&text, footprint);
    mod_add_text(&text, " bytes needed");
    mod_raise(&mp_type_MemoryError, &text, DLM_ERR_MEMORY);
}

// FrontEnd(program)
mp_obj_t front_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    dlm_front_info_t info;
    dlm_refusal_t refusal;
    mp_buffer_info_t program;
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_get_buffer_raise(args[0], &program, MP_BUFFER_READ);
    if (dlm_front_check(program.buf, program.len, &info, &refusal)) {
        raise_refusal(&refusal);
    }
    front_obj_t *self = mp_obj_malloc(front_obj_t, type);
    self->ahead = NULL;
    self->front = NULL;
    self->ready = false;
    void *block = mod_resize(NULL, info.footprint);
    if (!block) {
        raise_memory(info.footprint);
    }
    dlm_front_init(program.buf, program.len, block, info.footprint, &self->front);  // blocks are aligned to 8
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t int_of(uint64_t value) {
    mp_obj_t low = mp_obj_new_int_from_uint((uint32_t)value);
    if (!(value >> 32)) {
        return low;
    }
    mp_obj_t high = mp_obj_new_int_from_uint((uint32_t)(value >> 32));
    return mp_binary_op(MP_BINARY_OP_OR, mp_binary_op(MP_BINARY_OP_LSHIFT, high, MP_OBJ_NEW_SMALL_INT(32)), low);
}

// An event not filled yet: (None, array('h')).
static mp_obj_t new_event(uint32_t features) {
    mp_obj_t array = mp_load_attr(mp_import_name(MP_QSTR_array, mp_const_none, MP_OBJ_NEW_SMALL_INT(0)), MP_QSTR_array);
    const int16_t nothing[DLM_LIMIT_FEATURES] = {0};
    mp_obj_t of[2] = {MP_OBJ_NEW_QSTR(MP_QSTR_h), mp_obj_new_bytes((const uint8_t *)nothing, 2 * features)};
    mp_obj_t items[2] = {mp_const_none, mp_call_function_n_kw(array, 2, 0, of)};
    return mp_obj_new_tuple(2, items);
}

// Makes sure of n events ahead, and of room for their indices: behind this, nothing fails for want of memory.
static void make_ahead(front_obj_t *self, const dlm_front_info_t *info, size_t n, uint64_t last) {
    if (!self->ahead || self->ahead->len < n) {
        self->ahead = NULL;  // what was there may make the room
        mp_obj_list_t *ahead = MP_OBJ_TO_PTR(mp_obj_new_list(n, NULL));
        for (size_t i = 0; i < n; i++) {
            ahead->items[i] = mp_const_none;
        }
        for (size_t i = 0; i < n; i++) {
            ahead->items[i] = new_event(info->features);
        }
        self->ahead = ahead;
    }
    const size_t room = last >> 29 ? 6 * 32 * n : 0;  // an index is no small int then: it takes some blocks
    if (room && !mod_has_room(room)) {
        m_malloc_fail(room);
    }
}

// int16 samples, a row of the input's lines after the other; *n: how many rows.
static const int16_t *samples_of(mp_obj_t samples_in, const dlm_front_info_t *info, size_t *n) {
    const int16_t *samples = mod_get_int16("samples", samples_in, n, DLM_ERR_ARGUMENT);
    if (*n % info->lines) {
        mod_raise_needed("samples", (mp_int_t)*n, (mp_int_t)(*n - *n % info->lines), DLM_ERR_ARGUMENT);
    }
    *n /= info->lines;
    return samples;
}

// push(samples): int16, a row of the input's lines after the other. The events that they complete, each (index of the
// last sample it took, array('h')). MemoryError: no sample was taken; the same may be pushed again.
static mp_obj_t front_push(mp_obj_t self_in, mp_obj_t samples_in) {
    front_obj_t *self = MP_OBJ_TO_PTR(self_in);
    dlm_front_info_t info;
    dlm_front_info(self->front, &info);
    size_t n, ready = 0;
    const int16_t *samples = samples_of(samples_in, &info, &n);
    if (n == 0) {
        return mp_const_empty_tuple;
    }
    make_ahead(self, &info, 1 + (n - 1) / info.apart, dlm_front_index(self->front) + n);
    mp_obj_list_t *events = self->ahead;
    for (size_t taken = 0; taken < n;) {
        int16_t features[DLM_LIMIT_FEATURES];
        dlm_event_t event = {.features = features};
        taken += dlm_front_push(self->front, samples + taken * info.lines, (uint32_t)(n - taken), &event);
        if (event.ready) {
            mp_obj_tuple_t *item = MP_OBJ_TO_PTR(events->items[ready++]);
            mp_buffer_info_t x;
            mp_get_buffer_raise(item->items[1], &x, MP_BUFFER_WRITE);
            memcpy(x.buf, features, 2 * info.features);
            item->items[0] = int_of(event.at);
        }
    }
    if (ready == 0) {
        return mp_const_empty_tuple;
    }
    events->len = ready;
    self->ahead = NULL;
    return MP_OBJ_FROM_PTR(events);
}
MP_DEFINE_CONST_FUN_OBJ_2(front_push_obj, front_push);

// take(samples, start, x): takes samples from number `start` on until an event is ready, or all are taken; returns how
// many. The attribute at is the event's index then, None where there is none, and x, a buffer that can be written, has its
// features, int16. Takes no memory, so that it fails before a sample is taken, or not at all.
static mp_obj_t front_take(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    front_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    dlm_front_info_t info;
    dlm_front_info(self->front, &info);
    size_t n;
    const int16_t *samples = samples_of(args[1], &info, &n);
    const size_t start = (size_t)mod_get_int("start", args[2], 0, (int32_t)n, DLM_ERR_ARGUMENT);
    mp_buffer_info_t x;
    mp_get_buffer_raise(args[3], &x, MP_BUFFER_WRITE);
    if (x.len != 2 * info.features) {
        mod_raise_needed("x", (mp_int_t)x.len, (mp_int_t)(2 * info.features), DLM_ERR_ARGUMENT);
    }
    int16_t features[DLM_LIMIT_FEATURES];
    dlm_event_t event = {.features = features};
    const uint32_t taken = dlm_front_push(self->front, samples + start * info.lines, (uint32_t)(n - start), &event);
    self->ready = event.ready;
    self->at = event.at;
    if (event.ready) {
        memcpy(x.buf, features, 2 * info.features);
    }
    return MP_OBJ_NEW_SMALL_INT(taken);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(front_take_obj, 4, 4, front_take);

// skip(n): n samples were lost.
static mp_obj_t front_skip(mp_obj_t self_in, mp_obj_t n_in) {
    front_obj_t *self = MP_OBJ_TO_PTR(self_in);
    dlm_front_skip(self->front, mod_get_u32("n", n_in, 0, DLM_ERR_ARGUMENT));
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(front_skip_obj, front_skip);

// reset(): begins anew.
static mp_obj_t front_reset(mp_obj_t self_in) {
    front_obj_t *self = MP_OBJ_TO_PTR(self_in);
    dlm_front_reset(self->front);
    self->ready = false;
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(front_reset_obj, front_reset);

// features, footprint, work, lines, program, overruns; at, of the last take.
void front_attr(mp_obj_t self_in, qstr name, mp_obj_t *dest) {
    const front_obj_t *self = MP_OBJ_TO_PTR(self_in);
    dlm_front_info_t info;
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    dlm_front_info(self->front, &info);
    if (name == MP_QSTR_features) {
        dest[0] = mp_obj_new_int_from_uint(info.features);
    } else if (name == MP_QSTR_footprint) {
        dest[0] = mp_obj_new_int_from_uint(info.footprint);
    } else if (name == MP_QSTR_work) {
        dest[0] = int_of(info.work);
    } else if (name == MP_QSTR_lines) {
        dest[0] = mp_obj_new_int_from_uint(info.lines);
    } else if (name == MP_QSTR_at) {
        dest[0] = self->ready ? int_of(self->at) : mp_const_none;
    } else if (name == MP_QSTR_overruns) {
        dest[0] = int_of(dlm_front_overruns(self->front));
    } else if (name == MP_QSTR_program) {
        size_t bytes;
        const uint8_t *program = dlm_front_program(self->front, &bytes);
        dest[0] = mp_obj_new_bytes(program, bytes);
    } else {
        dest[1] = MP_OBJ_SENTINEL;  // the methods
    }
}

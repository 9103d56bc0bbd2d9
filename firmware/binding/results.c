// SPDX-License-Identifier: MIT
// Results: the fields of each type, listed once, for attributes and for print.
#include "results.h"
#include "errors.h"

typedef enum { NUMBER, FLAG, IDS, NUMBERS } kind_t;

typedef struct {
    qstr name;
    kind_t kind;
    int64_t value;      // of IDS and NUMBERS: how many
    const void *items;  // uint32_t [value] or int32_t [value]
} field_t;

struct fields {
    size_t n;
    field_t at[16];
};

static void list_field(fields_t *fields, qstr name, kind_t kind, int64_t value, const void *items) {
    field_t *field = &fields->at[fields->n++];
    field->name = name;
    field->kind = kind;
    field->value = value;
    field->items = items;
}

static void list_number(fields_t *fields, qstr name, int64_t value) {
    list_field(fields, name, NUMBER, value, NULL);
}

static void list_learned(const result_t *self, fields_t *fields) {
    const dlm_learned_t *learned = &((const learned_obj_t *)self)->learned;
    list_number(fields, MP_QSTR_event, learned->event);
    list_number(fields, MP_QSTR_neurons, learned->n_neurons);
    list_number(fields, MP_QSTR_depth, learned->depth);
    list_number(fields, MP_QSTR_error, learned->error_q16);
    list_number(fields, MP_QSTR_action, learned->action);
    list_number(fields, MP_QSTR_reason, learned->reason);
    list_number(fields, MP_QSTR_evicted, learned->reason == DLM_REASON_NONE ? -1 : (int64_t)learned->evicted);
}

static void list_answer(const result_t *self, fields_t *fields) {
    const dlm_answer_t *answer = &((const answer_obj_t *)self)->answer;
    list_number(fields, MP_QSTR_label, answer->label);
    list_number(fields, MP_QSTR_verdict, answer->verdict);
    list_number(fields, MP_QSTR_margin, answer->margin_q16);
    list_number(fields, MP_QSTR_distance, answer->distance_q12);
    list_number(fields, MP_QSTR_novelty, answer->novelty_q12);
    list_number(fields, MP_QSTR_confidence, answer->confidence_q16);
    list_number(fields, MP_QSTR_value, answer->value_q8);
    list_field(fields, MP_QSTR_nearest, IDS, answer->n_nearest, answer->nearest);
    list_field(fields, MP_QSTR_outputs, NUMBERS, (int64_t)((const answer_obj_t *)self)->n_classes, answer->outputs_q16);
}

static void list_config(const dlm_config_t *config, fields_t *fields) {
    list_number(fields, MP_QSTR_features, config->n_features);
    list_number(fields, MP_QSTR_classes, config->n_classes);
    list_number(fields, MP_QSTR_events, config->n_events);
    list_number(fields, MP_QSTR_layers, config->n_layers);
    list_number(fields, MP_QSTR_false_reject_permille, config->false_reject_permille);
    list_field(fields, MP_QSTR_regression, FLAG, config->regression, NULL);
    list_field(fields, MP_QSTR_background, FLAG, config->background, NULL);
}

static void list_info(const result_t *self, fields_t *fields) {
    const dlm_info_t *info = &((const info_obj_t *)self)->info;
    list_config(&info->config, fields);
    list_number(fields, MP_QSTR_neurons, info->n_neurons);
    list_number(fields, MP_QSTR_depth, info->depth);
    list_number(fields, MP_QSTR_error, info->error_q16);
    list_number(fields, MP_QSTR_level, info->level_q12);
    list_number(fields, MP_QSTR_clock, info->clock);
    list_number(fields, MP_QSTR_work, info->work);
    list_field(fields, MP_QSTR_frozen, FLAG, info->frozen, NULL);
    list_field(fields, MP_QSTR_building, FLAG, info->building, NULL);
}

static void list_cost(const result_t *self, fields_t *fields) {
    const dlm_cost_t *cost = &((const cost_obj_t *)self)->cost;
    list_number(fields, MP_QSTR_work, (int64_t)cost->work);
    list_number(fields, MP_QSTR_step, cost->step);
    list_number(fields, MP_QSTR_bytes, cost->bytes);
}

static mp_obj_t new_number(int64_t value) {
    if (value < 0) {
        return mp_obj_new_int((mp_int_t)value);
    }
    const mp_obj_t low = mp_obj_new_int_from_uint((uint32_t)value);
    const uint32_t high = (uint32_t)(value >> 32);
    if (!high) {
        return low;
    }
    const mp_obj_t shifted =
        mp_binary_op(MP_BINARY_OP_LSHIFT, mp_obj_new_int_from_uint(high), MP_OBJ_NEW_SMALL_INT(32));
    return mp_binary_op(MP_BINARY_OP_OR, shifted, low);
}

static int64_t field_item(const field_t *field, size_t index) {
    return field->kind == IDS ? (int64_t)((const uint32_t *)field->items)[index]
                              : ((const int32_t *)field->items)[index];
}

static mp_obj_t field_value(const field_t *field) {
    if (field->kind == NUMBER) {
        return new_number(field->value);
    }
    if (field->kind == FLAG) {
        return mp_obj_new_bool(field->value);
    }
    mp_obj_t items[DLM_LIMIT_CLASSES];
    for (size_t i = 0; i < (size_t)field->value; i++) {
        items[i] = new_number(field_item(field, i));
    }
    return mp_obj_new_tuple((size_t)field->value, items);
}

void result_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const result_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;  // no attribute can be stored
    }
    fields_t fields;
    fields.n = 0;
    self->list(self, &fields);
    for (size_t i = 0; i < fields.n; i++) {
        if (fields.at[i].name == attr) {
            dest[0] = field_value(&fields.at[i]);
        }
    }
}

static void print_number(const mp_print_t *print, int64_t value) {
    text_t text = {.length = 0};
    mod_add_int(&text, value);
    mp_printf(print, "%.*s", (int)text.length, text.text);
}

static void print_field(const mp_print_t *print, const field_t *field) {
    mp_printf(print, "%q=", field->name);
    if (field->kind == NUMBER) {
        print_number(print, field->value);
    } else if (field->kind == FLAG) {
        mp_printf(print, "%s", field->value ? "True" : "False");
    } else {
        for (size_t i = 0; i < (size_t)field->value; i++) {
            mp_printf(print, "%s", i ? " " : "(");
            print_number(print, field_item(field, i));
        }
        mp_printf(print, "%s", field->value ? ")" : "()");
    }
}

void result_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    const result_t *self = MP_OBJ_TO_PTR(self_in);
    (void)kind;
    fields_t fields;
    fields.n = 0;
    self->list(self, &fields);
    mp_printf(print, "%q", (qstr)self->base.type->name);
    for (size_t i = 0; i < fields.n; i++) {
        mp_printf(print, "%s", i ? ", " : "(");
        print_field(print, &fields.at[i]);
    }
    mp_printf(print, ")");
}

static void *new_result(size_t size, const mp_obj_type_t *type, void (*list)(const result_t *, fields_t *)) {
    result_t *result = mp_obj_malloc_helper(size, type);
    result->list = list;
    return result;
}

learned_obj_t *result_new_learned(void) {
    return new_result(sizeof(learned_obj_t), TYPE(learned_type), list_learned);
}

answer_obj_t *result_new_answer(size_t n_classes) {
    answer_obj_t *result = new_result(sizeof(answer_obj_t), TYPE(answer_type), list_answer);
    result->n_classes = n_classes;
    return result;
}

info_obj_t *result_new_info(void) {
    return new_result(sizeof(info_obj_t), TYPE(info_type), list_info);
}

cost_obj_t *result_new_cost(void) {
    return new_result(sizeof(cost_obj_t), TYPE(cost_type), list_cost);
}

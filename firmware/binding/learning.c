// SPDX-License-Identifier: MIT
// The methods of Network that learn, take back, name and answer.
#include "arguments.h"
#include "blocks.h"
#include "errors.h"
#include "network.h"
#include "results.h"

// A label may be any number here: the kernel says which are in order.
static int32_t get_label(mp_obj_t value) {
    return mod_get_int("label", value, INT32_MIN, INT32_MAX, DLM_ERR_LABEL);
}

static uint32_t get_event_id(mp_obj_t value) {
    return mod_get_u32("event", value, 0, DLM_ERR_EVENT);
}

static const int16_t *get_event(const network_obj_t *self, mp_obj_t value) {
    size_t n;
    const int16_t *x = mod_get_int16("event", value, &n, DLM_ERR_ARGUMENT);
    if (n != config_of(self)->n_features) {
        mod_raise_needed("features", (mp_int_t)n, config_of(self)->n_features, DLM_ERR_FEATURES);
    }
    return x;
}

// learn(x, label, build=True): False leaves the rebuild to build_step.
static mp_obj_t network_learn(size_t n_args, const mp_obj_t *args, mp_map_t *named) {
    enum { X, LABEL, BUILD, N };
    const mp_arg_t allowed[N] = {
        {MP_QSTR_x, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL}},
        {MP_QSTR_label, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL}},
        {MP_QSTR_build, MP_ARG_OBJ, {.u_obj = mp_const_true}},
    };
    mp_arg_val_t values[N];
    mp_arg_parse_all(n_args - 1, args + 1, named, N, allowed, values);
    network_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    const int16_t *x = get_event(self, values[X].u_obj);
    const int32_t label = get_label(values[LABEL].u_obj);
    learned_obj_t *result = result_new_learned();
    mod_ensure_room();
    network_check(self,
                  mp_obj_is_true(values[BUILD].u_obj) ? dlm_learn(self->net, x, label, &result->learned)
                                                      : dlm_learn_begin(self->net, x, label, &result->learned),
                  (asked_t){.label = label, .words = "mode: build=False asked of a network without background"});
    return MP_OBJ_FROM_PTR(result);
}
MP_DEFINE_CONST_FUN_OBJ_KW(network_learn_obj, 1, network_learn);

static mp_obj_t network_build_step(mp_obj_t self_in, mp_obj_t budget) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uint32_t most = mod_get_u32("budget", budget, 1, DLM_ERR_ARGUMENT);
    mod_ensure_room();
    return mp_obj_new_bool(dlm_build_step(self->net, most));
}
MP_DEFINE_CONST_FUN_OBJ_2(network_build_step_obj, network_build_step);

static mp_obj_t network_undo(mp_obj_t self_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mod_ensure_room();
    network_check(self, dlm_undo(self->net), (asked_t){.words = "undo: nothing to undo"});
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(network_undo_obj, network_undo);

static mp_obj_t network_forget(mp_obj_t self_in, mp_obj_t event_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uint32_t event = get_event_id(event_in);
    mod_ensure_room();
    network_check(self, dlm_forget(self->net, event), (asked_t){.event = event});
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(network_forget_obj, network_forget);

static mp_obj_t network_relabel(mp_obj_t self_in, mp_obj_t event_in, mp_obj_t label_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uint32_t event = get_event_id(event_in);
    const int32_t label = get_label(label_in);
    mod_ensure_room();
    network_check(self, dlm_relabel(self->net, event, label), (asked_t){.event = event, .label = label});
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_3(network_relabel_obj, network_relabel);

static mp_obj_t network_correct(mp_obj_t self_in, mp_obj_t label_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const int32_t label = get_label(label_in);
    learned_obj_t *result = result_new_learned();
    mod_ensure_room();
    network_check(self, dlm_correct(self->net, label, &result->learned),
                  (asked_t){.words = "correct: no event was seen since the last change", .label = label});
    return MP_OBJ_FROM_PTR(result);
}
MP_DEFINE_CONST_FUN_OBJ_2(network_correct_obj, network_correct);

static mp_obj_t network_drop(mp_obj_t self_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mod_ensure_room();
    network_check(self, dlm_drop(self->net), (asked_t){.words = "drop: no event was seen since the last change"});
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(network_drop_obj, network_drop);

static mp_obj_t network_unknowns(mp_obj_t self_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    uint32_t unknowns[DLM_LIMIT_UNKNOWNS];
    mp_obj_t items[DLM_LIMIT_UNKNOWNS];
    const size_t n = dlm_unknowns(self->net, unknowns);
    for (size_t i = 0; i < n; i++) {
        items[i] = mp_obj_new_int_from_uint(unknowns[i]);
    }
    return mp_obj_new_tuple(n, items);
}
MP_DEFINE_CONST_FUN_OBJ_1(network_unknowns_obj, network_unknowns);

// The features of an unknown that is remembered.
static const int16_t *unknown_features(const network_obj_t *self, uint32_t unknown) {
    const int16_t *x = dlm_unknown(self->net, unknown);
    if (!x) {
        mod_raise_given("unknown", unknown, "no such unknown remembered", DLM_ERR_EVENT);
    }
    return x;
}

static mp_obj_t network_unknown(mp_obj_t self_in, mp_obj_t unknown_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const int16_t *x = unknown_features(self, mod_get_u32("unknown", unknown_in, 0, DLM_ERR_EVENT));
    return mp_obj_new_bytes((const uint8_t *)x, 2 * config_of(self)->n_features);
}
MP_DEFINE_CONST_FUN_OBJ_2(network_unknown_obj, network_unknown);

// Raises the first of the ids that is not there, or comes twice.
static void check_unknowns(const network_obj_t *self, const uint32_t *unknowns, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unknown_features(self, unknowns[i]);
        for (size_t before = 0; before < i; before++) {
            if (unknowns[before] == unknowns[i]) {
                mod_raise_given("unknown", unknowns[i], "twice", DLM_ERR_EVENT);
            }
        }
    }
}

static mp_obj_t network_name(mp_obj_t self_in, mp_obj_t unknowns_in, mp_obj_t label_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    uint32_t unknowns[DLM_LIMIT_UNKNOWNS];
    size_t n;
    mp_obj_t *items;
    mp_obj_get_array(unknowns_in, &n, &items);
    for (size_t i = 0; i < n && i < DLM_LIMIT_UNKNOWNS; i++) {
        unknowns[i] = mod_get_u32("unknown", items[i], 0, DLM_ERR_EVENT);
    }
    const int32_t label = get_label(label_in);
    learned_obj_t *result = result_new_learned();
    mod_ensure_room();
    const int code = dlm_name(self->net, unknowns, (uint32_t)n, label, &result->learned);
    if (code == DLM_ERR_COUNT) {
        mod_raise_limits("unknowns", (int64_t)n, 1, DLM_LIMIT_UNKNOWNS, code);
    }
    if (code == DLM_ERR_EVENT) {
        check_unknowns(self, unknowns, n);
    }
    network_check(self, code, (asked_t){.label = label});
    return MP_OBJ_FROM_PTR(result);
}
MP_DEFINE_CONST_FUN_OBJ_3(network_name_obj, network_name);

static const char no_classes[] = "mode: classes asked of a regression";

static mp_obj_t network_rename_class(mp_obj_t self_in, mp_obj_t label_in, mp_obj_t to_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const int32_t label = get_label(label_in), to = get_label(to_in);
    const bool known = label >= 0 && label < config_of(self)->n_classes;
    mod_ensure_room();
    network_check(self, dlm_rename_class(self->net, label, to),
                  (asked_t){.label = known ? to : label, .words = no_classes});
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_3(network_rename_class_obj, network_rename_class);

static mp_obj_t network_drop_class(mp_obj_t self_in, mp_obj_t label_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const int32_t label = get_label(label_in);
    mod_ensure_room();
    network_check(self, dlm_drop_class(self->net, label), (asked_t){.label = label, .words = no_classes});
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(network_drop_class_obj, network_drop_class);

// freeze(frozen=True)
static mp_obj_t network_freeze(size_t n_args, const mp_obj_t *args, mp_map_t *named) {
    const mp_arg_t allowed[] = {{MP_QSTR_frozen, MP_ARG_OBJ, {.u_obj = mp_const_true}}};
    mp_arg_val_t frozen;
    mp_arg_parse_all(n_args - 1, args + 1, named, 1, allowed, &frozen);
    network_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    mod_ensure_room();
    dlm_freeze(self->net, mp_obj_is_true(frozen.u_obj));
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_KW(network_freeze_obj, 1, network_freeze);

static mp_obj_t network_infer(mp_obj_t self_in, mp_obj_t x_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const int16_t *x = get_event(self, x_in);
    answer_obj_t *result = result_new_answer(config_of(self)->n_classes);
    mod_ensure_room();  // for it remembers an unknown
    dlm_infer(self->net, x, &result->answer);
    return MP_OBJ_FROM_PTR(result);
}
MP_DEFINE_CONST_FUN_OBJ_2(network_infer_obj, network_infer);

// SPDX-License-Identifier: MIT
// The life of a network: its arguments, the block it lives in, making it anew; what it costs and what it is.
#include "arguments.h"
#include "blocks.h"
#include "errors.h"
#include "network.h"
#include "results.h"

enum { FEATURES, CLASSES, EVENTS, LAYERS, REGRESSION, BACKGROUND, N_SIZES, FALSE_REJECT = N_SIZES, N_ARGUMENTS };

// Fills in what the arguments of Network, and the first N_SIZES of them of cost, are called.
static void name_arguments(mp_arg_t *allowed) {
    const mp_arg_t needed = {0, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL}};
    for (size_t i = 0; i < N_ARGUMENTS; i++) {
        allowed[i] = needed;
    }
    allowed[FEATURES].qst = MP_QSTR_features;
    allowed[CLASSES].qst = MP_QSTR_classes;
    allowed[EVENTS].qst = MP_QSTR_events;
    allowed[LAYERS].qst = MP_QSTR_layers;
    allowed[REGRESSION].qst = MP_QSTR_regression;
    allowed[BACKGROUND].qst = MP_QSTR_background;
    allowed[FALSE_REJECT].qst = MP_QSTR_false_reject_permille;
    for (size_t i = LAYERS; i < N_ARGUMENTS; i++) {
        allowed[i].flags = MP_ARG_KW_ONLY | MP_ARG_OBJ;
    }
    allowed[LAYERS].defval.u_obj = MP_OBJ_NEW_SMALL_INT(DLM_DEFAULT_LAYERS);
    allowed[REGRESSION].defval.u_obj = allowed[BACKGROUND].defval.u_obj = mp_const_false;
    allowed[FALSE_REJECT].defval.u_obj = MP_OBJ_NEW_SMALL_INT(DLM_DEFAULT_FALSE_REJECT_PERMILLE);
}

// The config of the first N_SIZES arguments, with the default rate.
static void get_sizes(const mp_arg_val_t *values, dlm_config_t *config) {
    config->n_features =
        (uint16_t)mod_get_int("features", values[FEATURES].u_obj, 1, DLM_LIMIT_FEATURES, DLM_ERR_FEATURES);
    config->n_classes = (uint8_t)mod_get_int("classes", values[CLASSES].u_obj, 1, DLM_LIMIT_CLASSES, DLM_ERR_CLASSES);
    config->n_events = (uint16_t)mod_get_int("events", values[EVENTS].u_obj, 1, DLM_LIMIT_EVENTS, DLM_ERR_EVENTS);
    config->n_layers = (uint8_t)mod_get_int("layers", values[LAYERS].u_obj, 1, DLM_LIMIT_LAYERS, DLM_ERR_LAYERS);
    config->regression = mp_obj_is_true(values[REGRESSION].u_obj) ? 1 : 0;
    config->background = mp_obj_is_true(values[BACKGROUND].u_obj) ? 1 : 0;
    config->false_reject_permille = DLM_DEFAULT_FALSE_REJECT_PERMILLE;
    const int code = dlm_check(config);
    if (code) {
        mod_raise_given("classes", config->n_classes, "1 needed in a regression",
                        code);  // of a regression: all else is within limits
    }
}

// The config of all the arguments.
static void get_config(const mp_arg_val_t *values, dlm_config_t *config) {
    get_sizes(values, config);
    config->false_reject_permille =
        (uint16_t)mod_get_int("false_reject_permille", values[FALSE_REJECT].u_obj, DLM_LIMIT_FALSE_REJECT_PERMILLE_MIN,
                              DLM_LIMIT_FALSE_REJECT_PERMILLE, DLM_ERR_FALSE_REJECT);
}

// A block for a network of size bytes that leaves BESIDE bytes free: the one that is there, grown if need be, or a new
// one.
// What is there stays as it is. NULL where there is no room.
static void *claim(void *there, size_t size_there, size_t size) {
    if (size <= size_there) {
        return there;
    }
    void *block = mod_resize(there, size);
    block = block ? block : mod_resize(NULL, size);  // which sweeps the heap where it finds no room
    block = block ? block : mod_resize(there, size);
    if (block && !mod_has_room(BESIDE)) {
        mod_resize(block, block == there ? size_there : 0);
        block = NULL;
    }
    return block;
}

// The most events of a network of this config, else the same, for which there is room; config's own are too many.
static int most_events(void *there, size_t size_there, dlm_config_t config) {
    int fit = 0, too_many = config.n_events;
    while (too_many - fit > 1) {
        const int events = (fit + too_many) / 2;
        config.n_events = (uint16_t)events;
        void *block = claim(there, size_there, dlm_footprint(&config));
        if (block) {
            mod_resize(block, block == there ? size_there : 0);
            fit = events;
        } else {
            too_many = events;
        }
    }
    return fit;
}

static NORETURN void raise_memory(const dlm_config_t *config, int fit) {
    text_t text = {.length = 0};
    mod_add_text(&text, "memory: ");
    mod_add_int(&text, (int64_t)dlm_footprint(config));
    mod_add_text(&text, " bytes needed for ");
    mod_add_int(&text, config->n_events);
    mod_add_text(&text, " events, ");
    mod_add_int(&text, fit);
    mod_add_text(&text, " events fit");
    mod_raise(&mp_type_MemoryError, &text, DLM_ERR_MEMORY);
}

// Makes an empty network in place of the one that is there, which stays where there is no room.
static void make(network_obj_t *self, const dlm_config_t *config) {
    const size_t size_there = self->net ? dlm_footprint(config_of(self)) : 0;
    const size_t size = dlm_footprint(config);
    void *ahead = size_there ? NULL : mod_resize(NULL, BESIDE);  // what requests take shall lie ahead of what may grow
    void *block = claim(self->net, size_there, size);
    const int fit = block ? 0 : most_events(self->net, size_there, *config);
    mod_resize(ahead, 0);
    if (!block) {
        raise_memory(config, fit);
    }
    mod_ensure_room();
    if (block == self->net) {
        mod_resize(block, size);  // gives back what is left of a larger one
    } else {
        mod_resize(self->net, 0);
    }
    dlm_init(config, block, size, &self->net);  // blocks of the heap are aligned to 8, and config is within limits
}

mp_obj_t network_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_t allowed[N_ARGUMENTS];
    mp_arg_val_t values[N_ARGUMENTS];
    dlm_config_t config;
    name_arguments(allowed);
    mp_arg_parse_all_kw_array(n_args, n_kw, args, N_ARGUMENTS, allowed, values);
    get_config(values, &config);
    network_obj_t *self = mp_obj_malloc(network_obj_t, type);
    self->net = NULL;
    make(self, &config);
    return MP_OBJ_FROM_PTR(self);
}

// cost(features=, classes=, events=, layers=, regression=, background=): what such a network costs at most.
static mp_obj_t cost(size_t n_args, const mp_obj_t *args, mp_map_t *named) {
    mp_arg_t allowed[N_ARGUMENTS];
    mp_arg_val_t values[N_ARGUMENTS];
    dlm_config_t config;
    name_arguments(allowed);
    mp_arg_parse_all(n_args, args, named, N_SIZES, allowed, values);
    get_sizes(values, &config);
    cost_obj_t *result = result_new_cost();
    dlm_cost(&config, &result->cost);
    return MP_OBJ_FROM_PTR(result);
}
MP_DEFINE_CONST_FUN_OBJ_KW(cost_obj, 0, cost);

// configure(...): becomes an empty network, of the arguments of Network.
static mp_obj_t network_configure(size_t n_args, const mp_obj_t *args, mp_map_t *named) {
    mp_arg_t allowed[N_ARGUMENTS];
    mp_arg_val_t values[N_ARGUMENTS];
    dlm_config_t config;
    dlm_info_t info;
    network_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    dlm_info(self->net, &info);
    network_check(self, info.frozen ? DLM_ERR_FROZEN : 0, (asked_t){.words = NULL});
    name_arguments(allowed);
    mp_arg_parse_all(n_args - 1, args + 1, named, N_ARGUMENTS, allowed, values);
    get_config(values, &config);
    make(self, &config);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_KW(network_configure_obj, 1, network_configure);

static mp_obj_t network_footprint(mp_obj_t self_in) {
    return mp_obj_new_int_from_uint(dlm_footprint(config_of(MP_OBJ_TO_PTR(self_in))));
}
MP_DEFINE_CONST_FUN_OBJ_1(network_footprint_obj, network_footprint);

static mp_obj_t network_info(mp_obj_t self_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    info_obj_t *result = result_new_info();
    dlm_info(self->net, &result->info);
    return MP_OBJ_FROM_PTR(result);
}
MP_DEFINE_CONST_FUN_OBJ_1(network_info_obj, network_info);

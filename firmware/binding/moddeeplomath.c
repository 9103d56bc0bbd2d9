// SPDX-License-Identifier: MIT
// The MicroPython module `deeplomath`: arguments in, exceptions out; the arithmetic is the kernel's. Its host twin is
// host/deeplomath/network.py. Compiled into a firmware or, with MICROPY_ENABLE_DYNRUNTIME, into a loadable deeplomath.mpy.
//
//     net = deeplomath.Network(features=18, classes=7, events=64)
//     net.learn(array('h', ...), 3).neurons
//     net.infer(array('h', ...)).label
//
// A refused argument raises ValueError(text with value and limit, kernel error code) and changes nothing.
#if defined(MICROPY_ENABLE_DYNRUNTIME)
#include "py/dynruntime.h"
#else
#include "py/runtime.h"
#include "py/binary.h"
#include "py/objstr.h"
#endif
#include "dlm.h"

typedef struct {
    mp_obj_base_t base;
    dlm_t *net;  // in its own block of the heap, dlm_footprint bytes
} network_obj_t;

// What learn, infer and info return: named numbers.
typedef struct {
    mp_obj_base_t base;
    dlm_learned_t learned;
} learned_obj_t;

typedef struct {
    mp_obj_base_t base;
    dlm_answer_t answer;
    size_t n_classes;
} answer_obj_t;

typedef struct {
    mp_obj_base_t base;
    dlm_info_t info;
} info_obj_t;

#if defined(MICROPY_ENABLE_DYNRUNTIME)
mp_obj_full_type_t network_type, learned_type, answer_type, info_type;
#else
extern const mp_obj_type_t network_type, learned_type, answer_type, info_type;
#endif
#define TYPE(type) ((const mp_obj_type_t *)&(type))

// Errors

typedef struct {
    char text[96];
    size_t length;
} text_t;

static void add_text(text_t *text, const char *part) {
    while (*part && text->length < sizeof(text->text)) {
        text->text[text->length++] = *part++;
    }
}

static void add_int(text_t *text, mp_int_t value) {
    char digits[24];
    size_t n = sizeof(digits);
    mp_uint_t rest = value < 0 ? 0u - (mp_uint_t)value : (mp_uint_t)value;
    digits[--n] = 0;
    do {
        digits[--n] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) {
        digits[--n] = '-';
    }
    add_text(text, digits + n);
}

static NORETURN void raise(const mp_obj_type_t *type, const text_t *text, int code) {
    mp_obj_t args[2] = {mp_obj_new_str(text->text, text->length), MP_OBJ_NEW_SMALL_INT(code)};
    nlr_raise(mp_call_function_n_kw(MP_OBJ_FROM_PTR(type), 2, 0, args));
}

static NORETURN void raise_limits(const char *name, mp_int_t value, int32_t low, int32_t high, int code) {
    text_t text = {.length = 0};
    add_text(&text, name);
    add_text(&text, ": ");
    add_int(&text, value);
    add_text(&text, " given, ");
    add_int(&text, low);
    add_text(&text, "..");
    add_int(&text, high);
    add_text(&text, " allowed");
    raise(&mp_type_ValueError, &text, code);
}

static NORETURN void raise_needed(const char *name, mp_int_t value, mp_int_t needed, int code) {
    text_t text = {.length = 0};
    add_text(&text, name);
    add_text(&text, ": ");
    add_int(&text, value);
    add_text(&text, " given, ");
    add_int(&text, needed);
    add_text(&text, " needed");
    raise(&mp_type_ValueError, &text, code);
}

// The value of an int argument within low..high.
static int32_t get_int(const char *name, mp_obj_t value, int32_t low, int32_t high, int code) {
    if (!mp_obj_is_small_int(value)) {
        text_t text = {.length = 0};
        add_text(&text, name);
        add_text(&text, ": not a small int, ");
        add_int(&text, low);
        add_text(&text, "..");
        add_int(&text, high);
        add_text(&text, " allowed");
        raise(mp_obj_get_type(value) == &mp_type_int ? &mp_type_ValueError : &mp_type_TypeError, &text, code);
    }
    mp_int_t number = MP_OBJ_SMALL_INT_VALUE(value);
    if (number < low || number > high) {
        raise_limits(name, number, low, high, code);
    }
    return (int32_t)number;
}

// Buffers

// The int16 in a buffer: array('h'), or bytes taken as little-endian pairs. Copied only where they begin at an odd address.
static const int16_t *get_int16(const char *name, mp_obj_t value, size_t *n) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(value, &buffer, MP_BUFFER_READ);
    if ((buffer.typecode != 'h' && buffer.typecode != 'B' && buffer.typecode != BYTEARRAY_TYPECODE) || buffer.len % 2) {
        text_t text = {.length = 0};
        add_text(&text, name);
        add_text(&text, ": a buffer of int16 needed, array('h') or an even number of bytes");
        raise(&mp_type_TypeError, &text, DLM_ERR_ARGUMENT);
    }
    *n = buffer.len / 2;
    if ((uintptr_t)buffer.buf % 2) {
        uint8_t *copy = m_malloc(buffer.len);
        for (size_t i = 0; i < buffer.len; i++) {
            copy[i] = ((const uint8_t *)buffer.buf)[i];
        }
        return (const int16_t *)(void *)copy;
    }
    return buffer.buf;
}

static const dlm_config_t *config_of(const network_obj_t *self) {
    return (const dlm_config_t *)(const void *)self->net;  // the first field of a network is its config
}

static const int16_t *get_event(const network_obj_t *self, mp_obj_t value) {
    size_t n;
    const int16_t *x = get_int16("event", value, &n);
    if (n != config_of(self)->n_features) {
        raise_needed("features", (mp_int_t)n, config_of(self)->n_features, DLM_ERR_FEATURES);
    }
    return x;
}

// Results

static void learned_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const dlm_learned_t *learned = &((learned_obj_t *)MP_OBJ_TO_PTR(self_in))->learned;
    if (dest[0] != MP_OBJ_NULL) {
        return;  // no attribute can be stored
    } else if (attr == MP_QSTR_event) {
        dest[0] = mp_obj_new_int_from_uint(learned->event);
    } else if (attr == MP_QSTR_neurons) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(learned->n_neurons);
    } else if (attr == MP_QSTR_depth) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(learned->depth);
    } else if (attr == MP_QSTR_error) {
        dest[0] = mp_obj_new_int_from_uint(learned->error_q16);
    }
}

static void learned_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    const dlm_learned_t *learned = &((learned_obj_t *)MP_OBJ_TO_PTR(self_in))->learned;
    (void)kind;
    mp_printf(print, "Learned(event=%u, neurons=%u, depth=%u, error=%u)", (unsigned)learned->event,
              (unsigned)learned->n_neurons, (unsigned)learned->depth, (unsigned)learned->error_q16);
}

static mp_obj_t outputs_tuple(const answer_obj_t *self) {
    mp_obj_t outputs[DLM_LIMIT_CLASSES];
    for (size_t c = 0; c < self->n_classes; c++) {
        outputs[c] = mp_obj_new_int(self->answer.outputs_q16[c]);
    }
    return mp_obj_new_tuple(self->n_classes, outputs);
}

static void answer_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const answer_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const dlm_answer_t *answer = &self->answer;
    if (dest[0] != MP_OBJ_NULL) {
        return;
    } else if (attr == MP_QSTR_label) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(answer->label);
    } else if (attr == MP_QSTR_verdict) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(answer->verdict);
    } else if (attr == MP_QSTR_margin) {
        dest[0] = mp_obj_new_int(answer->margin_q16);
    } else if (attr == MP_QSTR_distance) {
        dest[0] = mp_obj_new_int_from_uint(answer->distance_q12);
    } else if (attr == MP_QSTR_novelty) {
        dest[0] = mp_obj_new_int_from_uint(answer->novelty_q12);
    } else if (attr == MP_QSTR_outputs) {
        dest[0] = outputs_tuple(self);
    }
}

static void answer_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    const dlm_answer_t *answer = &((answer_obj_t *)MP_OBJ_TO_PTR(self_in))->answer;
    (void)kind;
    mp_printf(print, "Answer(label=%d, verdict=%d, margin=%d, distance=%u, novelty=%u)", (int)answer->label,
              (int)answer->verdict, (int)answer->margin_q16, (unsigned)answer->distance_q12,
              (unsigned)answer->novelty_q12);
}

static void info_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const dlm_info_t *info = &((info_obj_t *)MP_OBJ_TO_PTR(self_in))->info;
    if (dest[0] != MP_OBJ_NULL) {
        return;
    } else if (attr == MP_QSTR_features) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(info->config.n_features);
    } else if (attr == MP_QSTR_classes) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(info->config.n_classes);
    } else if (attr == MP_QSTR_events) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(info->config.n_events);
    } else if (attr == MP_QSTR_layers) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(info->config.n_layers);
    } else if (attr == MP_QSTR_false_reject_permille) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(info->config.false_reject_permille);
    } else if (attr == MP_QSTR_neurons) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(info->n_neurons);
    } else if (attr == MP_QSTR_depth) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(info->depth);
    } else if (attr == MP_QSTR_error) {
        dest[0] = mp_obj_new_int_from_uint(info->error_q16);
    } else if (attr == MP_QSTR_level) {
        dest[0] = mp_obj_new_int_from_uint(info->level_q12);
    } else if (attr == MP_QSTR_clock) {
        dest[0] = mp_obj_new_int_from_uint(info->clock);
    }
}

static void info_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    const dlm_info_t *info = &((info_obj_t *)MP_OBJ_TO_PTR(self_in))->info;
    (void)kind;
    mp_printf(print, "Info(features=%u, classes=%u, events=%u, layers=%u, false_reject_permille=%u, ",
              (unsigned)info->config.n_features, (unsigned)info->config.n_classes, (unsigned)info->config.n_events,
              (unsigned)info->config.n_layers, (unsigned)info->config.false_reject_permille);
    mp_printf(print, "neurons=%u, depth=%u, error=%u, level=%u, clock=%u)", (unsigned)info->n_neurons,
              (unsigned)info->depth, (unsigned)info->error_q16, (unsigned)info->level_q12, (unsigned)info->clock);
}

// Network

static mp_obj_t network_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    enum { FEATURES, CLASSES, EVENTS, LAYERS, FALSE_REJECT, N_ARGUMENTS };
    const mp_arg_t allowed[N_ARGUMENTS] = {
        {MP_QSTR_features, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL}},
        {MP_QSTR_classes, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL}},
        {MP_QSTR_events, MP_ARG_KW_ONLY | MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL}},
        {MP_QSTR_layers, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_obj = MP_OBJ_NEW_SMALL_INT(DLM_DEFAULT_LAYERS)}},
        {MP_QSTR_false_reject_permille,
         MP_ARG_KW_ONLY | MP_ARG_OBJ,
         {.u_obj = MP_OBJ_NEW_SMALL_INT(DLM_DEFAULT_FALSE_REJECT_PERMILLE)}},
    };
    mp_arg_val_t values[N_ARGUMENTS];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, N_ARGUMENTS, allowed, values);
    dlm_config_t config;
    config.n_features = (uint16_t)get_int("features", values[FEATURES].u_obj, 1, DLM_LIMIT_FEATURES, DLM_ERR_FEATURES);
    config.n_classes = (uint8_t)get_int("classes", values[CLASSES].u_obj, 1, DLM_LIMIT_CLASSES, DLM_ERR_CLASSES);
    config.n_events = (uint16_t)get_int("events", values[EVENTS].u_obj, 1, DLM_LIMIT_EVENTS, DLM_ERR_EVENTS);
    config.n_layers = (uint8_t)get_int("layers", values[LAYERS].u_obj, 1, DLM_LIMIT_LAYERS, DLM_ERR_LAYERS);
    config.false_reject_permille =
        (uint16_t)get_int("false_reject_permille", values[FALSE_REJECT].u_obj, DLM_LIMIT_FALSE_REJECT_PERMILLE_MIN,
                          DLM_LIMIT_FALSE_REJECT_PERMILLE, DLM_ERR_FALSE_REJECT);
    const size_t size = dlm_footprint(&config);
    network_obj_t *self = mp_obj_malloc(network_obj_t, type);
    dlm_init(&config, m_malloc(size), size,
             &self->net);  // blocks of the heap are aligned to 8, and config is within limits
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t network_learn(mp_obj_t self_in, mp_obj_t x_in, mp_obj_t label_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const int16_t *x = get_event(self, x_in);
    const int32_t label = get_int("label", label_in, 0, config_of(self)->n_classes - 1, DLM_ERR_LABEL);
    learned_obj_t *result = mp_obj_malloc(learned_obj_t, TYPE(learned_type));
    if (dlm_learn(self->net, x, label, &result->learned) == DLM_ERR_FULL) {
        text_t text = {.length = 0};
        add_text(&text, "events: budget of ");
        add_int(&text, config_of(self)->n_events);
        add_text(&text, " is full");
        raise(&mp_type_ValueError, &text, DLM_ERR_FULL);
    }
    return MP_OBJ_FROM_PTR(result);
}
static MP_DEFINE_CONST_FUN_OBJ_3(network_learn_obj, network_learn);

static mp_obj_t network_infer(mp_obj_t self_in, mp_obj_t x_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const int16_t *x = get_event(self, x_in);
    answer_obj_t *result = mp_obj_malloc(answer_obj_t, TYPE(answer_type));
    result->n_classes = config_of(self)->n_classes;
    dlm_infer(self->net, x, &result->answer);
    return MP_OBJ_FROM_PTR(result);
}
static MP_DEFINE_CONST_FUN_OBJ_2(network_infer_obj, network_infer);

static mp_obj_t network_digest(mp_obj_t self_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    return mp_obj_new_int_from_uint(dlm_digest(self->net));
}
static MP_DEFINE_CONST_FUN_OBJ_1(network_digest_obj, network_digest);

static mp_obj_t network_export(mp_obj_t self_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const size_t size = dlm_state_size(self->net);
    uint8_t *state = m_malloc(size);
    dlm_export(self->net, state);
    return mp_obj_new_bytearray_by_ref(size, state);
}
static MP_DEFINE_CONST_FUN_OBJ_1(network_export_obj, network_export);

static const char *state_error(int code) {
    switch (code) {
    case DLM_ERR_STATE_SIZE:
        return "not the size of a whole state";
    case DLM_ERR_STATE_MAGIC:
        return "not a state";
    case DLM_ERR_STATE_VERSION:
        return "of another version of state or spec";
    case DLM_ERR_STATE_CONFIG:
        return "of a network with another configuration";
    case DLM_ERR_STATE_CHECKSUM:
        return "damaged, its checksum does not match";
    case DLM_ERR_STATE_EVENT:
        return "an event has a label or count outside its limits";
    default:
        return "intact, but its network has another digest here";
    }
}

static mp_obj_t network_load(mp_obj_t self_in, mp_obj_t state_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t state;
    mp_get_buffer_raise(state_in, &state, MP_BUFFER_READ);
    const size_t size = dlm_state_size(self->net);
    uint8_t *before = m_malloc(size);
    dlm_export(self->net, before);
    const int code = dlm_import(self->net, state.buf, state.len);
    if (code) {
        if (code == DLM_ERR_STATE_DIGEST) {
            dlm_import(self->net, before, size);
        }
        text_t text = {.length = 0};
        add_text(&text, "state: ");
        add_int(&text, (mp_int_t)state.len);
        add_text(&text, " bytes given, ");
        add_text(&text, state_error(code));
        raise(&mp_type_ValueError, &text, code);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(network_load_obj, network_load);

static mp_obj_t network_footprint(mp_obj_t self_in) {
    return mp_obj_new_int_from_uint(dlm_footprint(config_of(MP_OBJ_TO_PTR(self_in))));
}
static MP_DEFINE_CONST_FUN_OBJ_1(network_footprint_obj, network_footprint);

static mp_obj_t network_info(mp_obj_t self_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    info_obj_t *result = mp_obj_malloc(info_obj_t, TYPE(info_type));
    dlm_info(self->net, &result->info);
    return MP_OBJ_FROM_PTR(result);
}
static MP_DEFINE_CONST_FUN_OBJ_1(network_info_obj, network_info);

// window_features(samples, channels): int16 samples, a row of channels after the other, to 3 * channels int16 as bytes.
static mp_obj_t window_features(mp_obj_t samples_in, mp_obj_t channels_in) {
    size_t n;
    const int16_t *samples = get_int16("samples", samples_in, &n);
    const size_t channels = (size_t)get_int("channels", channels_in, 1, DLM_LIMIT_CHANNELS, DLM_ERR_WINDOW);
    if (n % channels) {
        raise_needed("samples", (mp_int_t)n, (mp_int_t)(n - n % channels), DLM_ERR_WINDOW);
    }
    int16_t features[3 * DLM_LIMIT_CHANNELS];
    if (dlm_window_features(samples, n / channels, channels, features)) {
        raise_limits("samples", (mp_int_t)(n / channels), DLM_LIMIT_WINDOW_SAMPLES_MIN, DLM_LIMIT_WINDOW_SAMPLES,
                     DLM_ERR_WINDOW);
    }
    return mp_obj_new_bytes((const uint8_t *)features, 6 * channels);
}
static MP_DEFINE_CONST_FUN_OBJ_2(window_features_obj, window_features);

#if !defined(MICROPY_ENABLE_DYNRUNTIME)

static const mp_rom_map_elem_t network_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_learn), MP_ROM_PTR(&network_learn_obj)},
    {MP_ROM_QSTR(MP_QSTR_infer), MP_ROM_PTR(&network_infer_obj)},
    {MP_ROM_QSTR(MP_QSTR_digest), MP_ROM_PTR(&network_digest_obj)},
    {MP_ROM_QSTR(MP_QSTR_export), MP_ROM_PTR(&network_export_obj)},
    {MP_ROM_QSTR(MP_QSTR_load), MP_ROM_PTR(&network_load_obj)},
    {MP_ROM_QSTR(MP_QSTR_footprint), MP_ROM_PTR(&network_footprint_obj)},
    {MP_ROM_QSTR(MP_QSTR_info), MP_ROM_PTR(&network_info_obj)},
};
static MP_DEFINE_CONST_DICT(network_locals, network_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(network_type, MP_QSTR_Network, MP_TYPE_FLAG_NONE, make_new, network_make_new, locals_dict,
                         &network_locals);
MP_DEFINE_CONST_OBJ_TYPE(learned_type, MP_QSTR_Learned, MP_TYPE_FLAG_NONE, attr, learned_attr, print, learned_print);
MP_DEFINE_CONST_OBJ_TYPE(answer_type, MP_QSTR_Answer, MP_TYPE_FLAG_NONE, attr, answer_attr, print, answer_print);
MP_DEFINE_CONST_OBJ_TYPE(info_type, MP_QSTR_Info, MP_TYPE_FLAG_NONE, attr, info_attr, print, info_print);

static const MP_DEFINE_STR_OBJ(version_obj, DLM_VERSION_LIBRARY);

static const mp_rom_map_elem_t module_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_deeplomath)},
    {MP_ROM_QSTR(MP_QSTR___version__), MP_ROM_PTR(&version_obj)},
    {MP_ROM_QSTR(MP_QSTR_Network), MP_ROM_PTR(&network_type)},
    {MP_ROM_QSTR(MP_QSTR_window_features), MP_ROM_PTR(&window_features_obj)},
};
static MP_DEFINE_CONST_DICT(module_globals, module_globals_table);

const mp_obj_module_t deeplomath_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&module_globals,
};
MP_REGISTER_MODULE(MP_QSTR_deeplomath, deeplomath_module);

#else

static mp_map_elem_t network_locals_table[7];
static MP_DEFINE_CONST_DICT(network_locals, network_locals_table);

static void add_method(size_t index, qstr name, const void *method) {
    network_locals_table[index] = (mp_map_elem_t){MP_OBJ_NEW_QSTR(name), MP_OBJ_FROM_PTR(method)};
}

static void make_result_type(mp_obj_full_type_t *type, qstr name, mp_attr_fun_t attr, mp_print_fun_t print) {
    type->base.type = (void *)&mp_type_type;
    type->name = name;
    MP_OBJ_TYPE_SET_SLOT(type, attr, attr, 0);
    MP_OBJ_TYPE_SET_SLOT(type, print, print, 1);
}

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    add_method(0, MP_QSTR_learn, &network_learn_obj);
    add_method(1, MP_QSTR_infer, &network_infer_obj);
    add_method(2, MP_QSTR_digest, &network_digest_obj);
    add_method(3, MP_QSTR_export, &network_export_obj);
    add_method(4, MP_QSTR_load, &network_load_obj);
    add_method(5, MP_QSTR_footprint, &network_footprint_obj);
    add_method(6, MP_QSTR_info, &network_info_obj);
    network_type.base.type = (void *)&mp_type_type;
    network_type.name = MP_QSTR_Network;
    MP_OBJ_TYPE_SET_SLOT(&network_type, make_new, network_make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(&network_type, locals_dict, (void *)&network_locals, 1);
    make_result_type(&learned_type, MP_QSTR_Learned, learned_attr, learned_print);
    make_result_type(&answer_type, MP_QSTR_Answer, answer_attr, answer_print);
    make_result_type(&info_type, MP_QSTR_Info, info_attr, info_print);
    mp_store_global(MP_QSTR___version__, mp_obj_new_str(DLM_VERSION_LIBRARY, sizeof(DLM_VERSION_LIBRARY) - 1));
    mp_store_global(MP_QSTR_Network, MP_OBJ_FROM_PTR(&network_type));
    mp_store_global(MP_QSTR_window_features, MP_OBJ_FROM_PTR(&window_features_obj));
    MP_DYNRUNTIME_INIT_EXIT
}

#endif

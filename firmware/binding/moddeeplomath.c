// SPDX-License-Identifier: MIT
// The MicroPython module `deeplomath`: arguments in, exceptions out; the arithmetic is the kernel's. Its host twin is
// host/deeplomath/mirror/network.py. Compiled into a firmware or, with MICROPY_ENABLE_DYNRUNTIME, into a loadable deeplomath.mpy.
//
//     net = deeplomath.Network(features=18, classes=7, events=64)
//     net.learn(array('h', ...), 3).neurons
//     net.infer(array('h', ...)).label
//
// A refused argument raises ValueError(text with value and limit, kernel error code) and changes nothing. Want of memory
// raises MemoryError ahead of a change: behind one, ROOM bytes are free for what is made of its outcome.
#if defined(MICROPY_ENABLE_DYNRUNTIME)
#include "py/dynruntime.h"
#else
#include "py/runtime.h"
#include "py/binary.h"
#include "py/gc.h"
#include "py/objstr.h"
#endif
#include "dlm.h"

typedef struct {
    mp_obj_base_t base;
    dlm_t *net;  // in its own block of the heap, dlm_footprint bytes
} network_obj_t;

#if defined(MICROPY_ENABLE_DYNRUNTIME)
mp_obj_full_type_t network_type, learned_type, answer_type, info_type, cost_type;
#define mp_type_MemoryError (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_MemoryError)))

// A native module is linked with no C library: what kernel and compiler take from it is MicroPython's own. no_icf: GCC would
// fold the two equal bodies, let memmove call memcpy, and expand that in place, for areas that do not overlap.
void *memset(void *to, int value, size_t n) {
    return mp_fun_table.memset_(to, value, n);
}
__attribute__((no_icf)) void *memmove(void *to, const void *from, size_t n) {
    return mp_fun_table.memmove_(to, from, n);
}
__attribute__((no_icf)) void *memcpy(void *to, const void *from, size_t n) {
    return mp_fun_table.memmove_(to, from, n);
}
#else
extern const mp_obj_type_t network_type, learned_type, answer_type, info_type, cost_type;
#endif
#define TYPE(type) ((const mp_obj_type_t *)&(type))

// Memory

enum {
    ROOM = 128 * sizeof(void *),  // bytes free behind a change: a reply of the service takes less
    BESIDE = 4 * ROOM,            // bytes that a network leaves to what is asked of it
};

// A block of another size at the same place, a new one of NULL, none of size 0; NULL where there is no room. Raises nothing.
static void *resize(void *block, size_t size) {
#if defined(MICROPY_ENABLE_DYNRUNTIME)
    return mp_fun_table.realloc_(block, size, false);
#else
    return gc_realloc(block, size, false);
#endif
}

static bool has_room(size_t size) {
    void *block = resize(NULL, size);
    resize(block, 0);
    return block != NULL;
}

// Raises MemoryError unless ROOM bytes are free. The kernel takes none: they still are when it has made its change.
static void ensure_room(void) {
    if (!has_room(ROOM)) {
        m_malloc_fail(ROOM);
    }
}

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

static void add_int(text_t *text, int64_t value) {
    char digits[24];
    size_t n = sizeof(digits);
    uint64_t rest = value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
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

// "name: value given, "
static void add_given(text_t *text, const char *name, int64_t value) {
    add_text(text, name);
    add_text(text, ": ");
    add_int(text, value);
    add_text(text, " given, ");
}

// "low..high allowed"
static void add_limits(text_t *text, int64_t low, int64_t high) {
    add_int(text, low);
    add_text(text, "..");
    add_int(text, high);
    add_text(text, " allowed");
}

static NORETURN void raise(const mp_obj_type_t *type, const text_t *text, int code) {
    mp_obj_t args[2] = {mp_obj_new_str(text->text, text->length), MP_OBJ_NEW_SMALL_INT(code)};
    nlr_raise(mp_call_function_n_kw(MP_OBJ_FROM_PTR(type), 2, 0, args));
}

static NORETURN void raise_limits(const char *name, int64_t value, int64_t low, int64_t high, int code) {
    text_t text = {.length = 0};
    add_given(&text, name, value);
    add_limits(&text, low, high);
    raise(&mp_type_ValueError, &text, code);
}

static NORETURN void raise_needed(const char *name, mp_int_t value, mp_int_t needed, int code) {
    text_t text = {.length = 0};
    add_given(&text, name, value);
    add_int(&text, needed);
    add_text(&text, " needed");
    raise(&mp_type_ValueError, &text, code);
}

static NORETURN void raise_given(const char *name, int64_t value, const char *why, int code) {
    text_t text = {.length = 0};
    add_given(&text, name, value);
    add_text(&text, why);
    raise(&mp_type_ValueError, &text, code);
}

static NORETURN void raise_words(const char *words, int code) {
    text_t text = {.length = 0};
    add_text(&text, words);
    raise(&mp_type_ValueError, &text, code);
}

// Arguments

static NORETURN void raise_not_int(const char *name, mp_obj_t value, int64_t low, int64_t high, int code) {
    text_t text = {.length = 0};
    add_text(&text, name);
    add_text(&text, ": not such an int, ");
    add_limits(&text, low, high);
    raise(mp_obj_get_type(value) == &mp_type_int ? &mp_type_ValueError : &mp_type_TypeError, &text, code);
}

// The value of an int argument within low..high.
static int32_t get_int(const char *name, mp_obj_t value, int32_t low, int32_t high, int code) {
    if (!mp_obj_is_small_int(value)) {
        raise_not_int(name, value, low, high, code);
    }
    mp_int_t number = MP_OBJ_SMALL_INT_VALUE(value);
    if (number < low || number > high) {
        raise_limits(name, number, low, high, code);
    }
    return (int32_t)number;
}

// The value of an int argument within low..2^32-1: ids, which may be more than a small int.
static uint32_t get_u32(const char *name, mp_obj_t value, uint32_t low, int code) {
    const bool is_int = mp_obj_get_type(value) == &mp_type_int;
    const uint32_t number = is_int ? (uint32_t)mp_obj_get_int_truncated(value) : 0;
    if (!is_int || mp_binary_op(MP_BINARY_OP_EQUAL, mp_obj_new_int_from_uint(number), value) != mp_const_true) {
        raise_not_int(name, value, low, UINT32_MAX, code);
    }
    if (number < low) {
        raise_limits(name, number, low, UINT32_MAX, code);
    }
    return number;
}

// A label may be any number here: the kernel says which are in order.
static int32_t get_label(mp_obj_t value) {
    return get_int("label", value, INT32_MIN, INT32_MAX, DLM_ERR_LABEL);
}

static uint32_t get_event_id(mp_obj_t value) {
    return get_u32("event", value, 0, DLM_ERR_EVENT);
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

// Results: named numbers, made into objects when asked for

typedef enum { NUMBER, FLAG, IDS, NUMBERS } kind_t;

typedef struct {
    qstr name;
    kind_t kind;
    int64_t value;      // of IDS and NUMBERS: how many
    const void *items;  // uint32_t [value] or int32_t [value]
} field_t;

typedef struct {
    size_t n;
    field_t at[16];
} fields_t;

// What learn, infer, info and cost return: each begins with this.
typedef struct result {
    mp_obj_base_t base;
    void (*list)(const struct result *self, fields_t *fields);
} result_t;

typedef struct {
    result_t result;
    dlm_learned_t learned;
} learned_obj_t;

typedef struct {
    result_t result;
    dlm_answer_t answer;
    size_t n_classes;
} answer_obj_t;

typedef struct {
    result_t result;
    dlm_info_t info;
} info_obj_t;

typedef struct {
    result_t result;
    dlm_cost_t cost;
} cost_obj_t;

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

static void result_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
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
    add_int(&text, value);
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

static void result_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
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

static learned_obj_t *new_learned(void) {
    return new_result(sizeof(learned_obj_t), TYPE(learned_type), list_learned);
}

// Network

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
    config->n_features = (uint16_t)get_int("features", values[FEATURES].u_obj, 1, DLM_LIMIT_FEATURES, DLM_ERR_FEATURES);
    config->n_classes = (uint8_t)get_int("classes", values[CLASSES].u_obj, 1, DLM_LIMIT_CLASSES, DLM_ERR_CLASSES);
    config->n_events = (uint16_t)get_int("events", values[EVENTS].u_obj, 1, DLM_LIMIT_EVENTS, DLM_ERR_EVENTS);
    config->n_layers = (uint8_t)get_int("layers", values[LAYERS].u_obj, 1, DLM_LIMIT_LAYERS, DLM_ERR_LAYERS);
    config->regression = mp_obj_is_true(values[REGRESSION].u_obj) ? 1 : 0;
    config->background = mp_obj_is_true(values[BACKGROUND].u_obj) ? 1 : 0;
    config->false_reject_permille = DLM_DEFAULT_FALSE_REJECT_PERMILLE;
    const int code = dlm_check(config);
    if (code) {
        raise_given("classes", config->n_classes, "1 needed in a regression",
                    code);  // of a regression: all else is within limits
    }
}

// The config of all the arguments.
static void get_config(const mp_arg_val_t *values, dlm_config_t *config) {
    get_sizes(values, config);
    config->false_reject_permille =
        (uint16_t)get_int("false_reject_permille", values[FALSE_REJECT].u_obj, DLM_LIMIT_FALSE_REJECT_PERMILLE_MIN,
                          DLM_LIMIT_FALSE_REJECT_PERMILLE, DLM_ERR_FALSE_REJECT);
}

// A block for a network of size bytes that leaves BESIDE bytes free: the one that is there, grown if need be, or a new one.
// What is there stays as it is. NULL where there is no room.
static void *claim(void *there, size_t size_there, size_t size) {
    if (size <= size_there) {
        return there;
    }
    void *block = resize(there, size);
    block = block ? block : resize(NULL, size);  // which sweeps the heap where it finds no room
    block = block ? block : resize(there, size);
    if (block && !has_room(BESIDE)) {
        resize(block, block == there ? size_there : 0);
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
            resize(block, block == there ? size_there : 0);
            fit = events;
        } else {
            too_many = events;
        }
    }
    return fit;
}

static NORETURN void raise_memory(const dlm_config_t *config, int fit) {
    text_t text = {.length = 0};
    add_text(&text, "memory: ");
    add_int(&text, (int64_t)dlm_footprint(config));
    add_text(&text, " bytes needed for ");
    add_int(&text, config->n_events);
    add_text(&text, " events, ");
    add_int(&text, fit);
    add_text(&text, " events fit");
    raise(&mp_type_MemoryError, &text, DLM_ERR_MEMORY);
}

// Makes an empty network in place of the one that is there, which stays where there is no room.
static void make(network_obj_t *self, const dlm_config_t *config) {
    const size_t size_there = self->net ? dlm_footprint(config_of(self)) : 0;
    const size_t size = dlm_footprint(config);
    void *ahead = size_there ? NULL : resize(NULL, BESIDE);  // what requests take shall lie ahead of what may grow
    void *block = claim(self->net, size_there, size);
    const int fit = block ? 0 : most_events(self->net, size_there, *config);
    resize(ahead, 0);
    if (!block) {
        raise_memory(config, fit);
    }
    ensure_room();
    if (block == self->net) {
        resize(block, size);  // gives back what is left of a larger one
    } else {
        resize(self->net, 0);
    }
    dlm_init(config, block, size, &self->net);  // blocks of the heap are aligned to 8, and config is within limits
}

static mp_obj_t network_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
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
    cost_obj_t *result = new_result(sizeof(cost_obj_t), TYPE(cost_type), list_cost);
    dlm_cost(&config, &result->cost);
    return MP_OBJ_FROM_PTR(result);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(cost_obj, 0, cost);

// What a call of the kernel was asked to do, for the words of its error.
typedef struct {
    const char *words;  // of DLM_ERR_NOTHING or DLM_ERR_MODE
    int32_t label;
    uint32_t event;
} asked_t;

static NORETURN void raise_label(const dlm_config_t *config, int32_t label) {
    if (config->regression) {
        raise_limits("label", label, INT16_MIN, INT16_MAX, DLM_ERR_LABEL);
    }
    raise_limits("label", label, 0, config->n_classes - 1, DLM_ERR_LABEL);
}

// Raises what the kernel refused.
static void check(const network_obj_t *self, int code, asked_t asked) {
    if (code == DLM_ERR_LABEL) {
        raise_label(config_of(self), asked.label);
    } else if (code == DLM_ERR_FULL) {
        text_t text = {.length = 0};
        add_text(&text, "events: budget of ");
        add_int(&text, config_of(self)->n_events);
        add_text(&text, " is full");
        raise(&mp_type_ValueError, &text, code);
    } else if (code == DLM_ERR_EVENT) {
        raise_given("event", asked.event, "no such event kept", code);
    } else if (code == DLM_ERR_PRESENT) {
        raise_given("label", asked.label, "a class that has events", code);
    } else if (code == DLM_ERR_FROZEN) {
        raise_words("learning is frozen", code);
    } else if (code == DLM_ERR_CLOCK) {
        dlm_info_t info;
        text_t text = {.length = 0};
        dlm_info(self->net, &info);
        add_text(&text, "clock: ");
        add_int(&text, info.clock);
        add_text(&text, " learns made, ");
        add_int(&text, DLM_LIMIT_CLOCK);
        add_text(&text, " can be counted");
        raise(&mp_type_ValueError, &text, code);
    } else if (code) {
        raise_words(asked.words ? asked.words : "refused by the kernel", code);
    }
}

// configure(...): becomes an empty network, of the arguments of Network.
static mp_obj_t network_configure(size_t n_args, const mp_obj_t *args, mp_map_t *named) {
    mp_arg_t allowed[N_ARGUMENTS];
    mp_arg_val_t values[N_ARGUMENTS];
    dlm_config_t config;
    dlm_info_t info;
    network_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    dlm_info(self->net, &info);
    check(self, info.frozen ? DLM_ERR_FROZEN : 0, (asked_t){.words = NULL});
    name_arguments(allowed);
    mp_arg_parse_all(n_args - 1, args + 1, named, N_ARGUMENTS, allowed, values);
    get_config(values, &config);
    make(self, &config);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(network_configure_obj, 1, network_configure);

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
    learned_obj_t *result = new_learned();
    ensure_room();
    check(self,
          mp_obj_is_true(values[BUILD].u_obj) ? dlm_learn(self->net, x, label, &result->learned)
                                              : dlm_learn_begin(self->net, x, label, &result->learned),
          (asked_t){.label = label, .words = "mode: build=False asked of a network without background"});
    return MP_OBJ_FROM_PTR(result);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(network_learn_obj, 1, network_learn);

static mp_obj_t network_build_step(mp_obj_t self_in, mp_obj_t budget) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uint32_t most = get_u32("budget", budget, 1, DLM_ERR_ARGUMENT);
    ensure_room();
    return mp_obj_new_bool(dlm_build_step(self->net, most));
}
static MP_DEFINE_CONST_FUN_OBJ_2(network_build_step_obj, network_build_step);

static mp_obj_t network_undo(mp_obj_t self_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ensure_room();
    check(self, dlm_undo(self->net), (asked_t){.words = "undo: nothing to undo"});
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(network_undo_obj, network_undo);

static mp_obj_t network_forget(mp_obj_t self_in, mp_obj_t event_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uint32_t event = get_event_id(event_in);
    ensure_room();
    check(self, dlm_forget(self->net, event), (asked_t){.event = event});
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(network_forget_obj, network_forget);

static mp_obj_t network_relabel(mp_obj_t self_in, mp_obj_t event_in, mp_obj_t label_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uint32_t event = get_event_id(event_in);
    const int32_t label = get_label(label_in);
    ensure_room();
    check(self, dlm_relabel(self->net, event, label), (asked_t){.event = event, .label = label});
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(network_relabel_obj, network_relabel);

static mp_obj_t network_correct(mp_obj_t self_in, mp_obj_t label_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const int32_t label = get_label(label_in);
    learned_obj_t *result = new_learned();
    ensure_room();
    check(self, dlm_correct(self->net, label, &result->learned),
          (asked_t){.words = "correct: no event was seen since the last change", .label = label});
    return MP_OBJ_FROM_PTR(result);
}
static MP_DEFINE_CONST_FUN_OBJ_2(network_correct_obj, network_correct);

static mp_obj_t network_drop(mp_obj_t self_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ensure_room();
    check(self, dlm_drop(self->net), (asked_t){.words = "drop: no event was seen since the last change"});
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(network_drop_obj, network_drop);

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
static MP_DEFINE_CONST_FUN_OBJ_1(network_unknowns_obj, network_unknowns);

// The features of an unknown that is remembered.
static const int16_t *unknown_features(const network_obj_t *self, uint32_t unknown) {
    const int16_t *x = dlm_unknown(self->net, unknown);
    if (!x) {
        raise_given("unknown", unknown, "no such unknown remembered", DLM_ERR_EVENT);
    }
    return x;
}

static mp_obj_t network_unknown(mp_obj_t self_in, mp_obj_t unknown_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const int16_t *x = unknown_features(self, get_u32("unknown", unknown_in, 0, DLM_ERR_EVENT));
    return mp_obj_new_bytes((const uint8_t *)x, 2 * config_of(self)->n_features);
}
static MP_DEFINE_CONST_FUN_OBJ_2(network_unknown_obj, network_unknown);

// Raises the first of the ids that is not there, or comes twice.
static void check_unknowns(const network_obj_t *self, const uint32_t *unknowns, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unknown_features(self, unknowns[i]);
        for (size_t before = 0; before < i; before++) {
            if (unknowns[before] == unknowns[i]) {
                raise_given("unknown", unknowns[i], "twice", DLM_ERR_EVENT);
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
        unknowns[i] = get_u32("unknown", items[i], 0, DLM_ERR_EVENT);
    }
    const int32_t label = get_label(label_in);
    learned_obj_t *result = new_learned();
    ensure_room();
    const int code = dlm_name(self->net, unknowns, (uint32_t)n, label, &result->learned);
    if (code == DLM_ERR_COUNT) {
        raise_limits("unknowns", (int64_t)n, 1, DLM_LIMIT_UNKNOWNS, code);
    }
    if (code == DLM_ERR_EVENT) {
        check_unknowns(self, unknowns, n);
    }
    check(self, code, (asked_t){.label = label});
    return MP_OBJ_FROM_PTR(result);
}
static MP_DEFINE_CONST_FUN_OBJ_3(network_name_obj, network_name);

static const char no_classes[] = "mode: classes asked of a regression";

static mp_obj_t network_rename_class(mp_obj_t self_in, mp_obj_t label_in, mp_obj_t to_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const int32_t label = get_label(label_in), to = get_label(to_in);
    const bool known = label >= 0 && label < config_of(self)->n_classes;
    ensure_room();
    check(self, dlm_rename_class(self->net, label, to), (asked_t){.label = known ? to : label, .words = no_classes});
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(network_rename_class_obj, network_rename_class);

static mp_obj_t network_drop_class(mp_obj_t self_in, mp_obj_t label_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const int32_t label = get_label(label_in);
    ensure_room();
    check(self, dlm_drop_class(self->net, label), (asked_t){.label = label, .words = no_classes});
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(network_drop_class_obj, network_drop_class);

// freeze(frozen=True)
static mp_obj_t network_freeze(size_t n_args, const mp_obj_t *args, mp_map_t *named) {
    const mp_arg_t allowed[] = {{MP_QSTR_frozen, MP_ARG_OBJ, {.u_obj = mp_const_true}}};
    mp_arg_val_t frozen;
    mp_arg_parse_all(n_args - 1, args + 1, named, 1, allowed, &frozen);
    network_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    ensure_room();
    dlm_freeze(self->net, mp_obj_is_true(frozen.u_obj));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(network_freeze_obj, 1, network_freeze);

static mp_obj_t network_infer(mp_obj_t self_in, mp_obj_t x_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const int16_t *x = get_event(self, x_in);
    answer_obj_t *result = new_result(sizeof(answer_obj_t), TYPE(answer_type), list_answer);
    result->n_classes = config_of(self)->n_classes;
    ensure_room();  // for it remembers an unknown
    dlm_infer(self->net, x, &result->answer);
    return MP_OBJ_FROM_PTR(result);
}
static MP_DEFINE_CONST_FUN_OBJ_2(network_infer_obj, network_infer);

// The network, after finishing a rebuild that is under way.
static dlm_t *whole(const network_obj_t *self) {
    while (dlm_build_step(self->net, UINT32_MAX)) {
    }
    return self->net;
}

static mp_obj_t network_digest(mp_obj_t self_in) {
    return mp_obj_new_int_from_uint(dlm_digest(whole(MP_OBJ_TO_PTR(self_in))));
}
static MP_DEFINE_CONST_FUN_OBJ_1(network_digest_obj, network_digest);

// digest_if_whole(): None while a rebuild is under way, which goes on as it is; else as digest.
static mp_obj_t network_digest_if_whole(mp_obj_t self_in) {
    const network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    dlm_info_t info;
    dlm_info(self->net, &info);
    return info.building ? mp_const_none : mp_obj_new_int_from_uint(dlm_digest(self->net));
}
static MP_DEFINE_CONST_FUN_OBJ_1(network_digest_if_whole_obj, network_digest_if_whole);

static mp_obj_t network_state_size(mp_obj_t self_in) {
    const network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    return mp_obj_new_int_from_uint(dlm_state_size(self->net));
}
static MP_DEFINE_CONST_FUN_OBJ_1(network_state_size_obj, network_state_size);

static mp_obj_t network_export(mp_obj_t self_in) {
    const dlm_t *net = whole(MP_OBJ_TO_PTR(self_in));
    const size_t size = dlm_state_size(net);
    uint8_t *state = m_malloc(size);
    dlm_export(net, state);
    return mp_obj_new_bytearray_by_ref(size, state);
}
static MP_DEFINE_CONST_FUN_OBJ_1(network_export_obj, network_export);

// export_part(offset, buffer): fills a writable buffer with the state from offset on; how many bytes that were.
static mp_obj_t network_export_part(mp_obj_t self_in, mp_obj_t offset_in, mp_obj_t part_in) {
    const dlm_t *net = whole(MP_OBJ_TO_PTR(self_in));
    const size_t size = dlm_state_size(net);
    const size_t offset = (size_t)get_int("offset", offset_in, 0, (int32_t)size, DLM_ERR_ARGUMENT);
    mp_buffer_info_t part;
    mp_get_buffer_raise(part_in, &part, MP_BUFFER_WRITE);
    const size_t n = part.len < size - offset ? part.len : size - offset;
    ensure_room();
    dlm_export_part(net, (uint32_t)offset, part.buf, (uint32_t)n);
    return MP_OBJ_NEW_SMALL_INT(n);
}
static MP_DEFINE_CONST_FUN_OBJ_3(network_export_part_obj, network_export_part);

static const char *state_error(int code) {
    switch (code) {
    case DLM_ERR_STATE_SIZE:
        return "not the size of a whole state of this network";
    case DLM_ERR_STATE_MAGIC:
        return "not a state";
    case DLM_ERR_STATE_VERSION:
        return "of another version of state or spec";
    case DLM_ERR_STATE_CONFIG:
        return "of a network with another configuration";
    case DLM_ERR_STATE_CHECKSUM:
        return "damaged, its checksum does not match";
    case DLM_ERR_STATE_EVENT:
        return "an event or an experience has a field outside its limits";
    default:
        return "intact, but its network has another digest here";
    }
}

// Raises what the kernel refused of a state of this size.
static void check_state(const network_obj_t *self, int code, int64_t size) {
    if (code && code != DLM_ERR_FROZEN) {
        text_t text = {.length = 0};
        add_text(&text, "state: ");
        add_int(&text, size);
        add_text(&text, " bytes given, ");
        add_text(&text, state_error(code));
        raise(&mp_type_ValueError, &text, code);
    }
    check(self, code, (asked_t){.words = NULL});
}

static mp_obj_t network_load(mp_obj_t self_in, mp_obj_t state_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t state;
    mp_get_buffer_raise(state_in, &state, MP_BUFFER_READ);
    ensure_room();
    check_state(self, dlm_import(self->net, state.buf, state.len), (int64_t)state.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(network_load_obj, network_load);

// load_part(offset, part): puts a part of a state aside, in the network's own buffer.
static mp_obj_t network_load_part(mp_obj_t self_in, mp_obj_t offset_in, mp_obj_t part_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uint32_t offset = get_u32("offset", offset_in, 0, DLM_ERR_ARGUMENT);
    mp_buffer_info_t part;
    mp_get_buffer_raise(part_in, &part, MP_BUFFER_READ);
    ensure_room();
    check_state(self, dlm_import_part(self->net, offset, part.buf, (uint32_t)part.len),
                (int64_t)offset + (int64_t)part.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(network_load_part_obj, network_load_part);

// load_staged(size): takes the state that was put aside.
static mp_obj_t network_load_staged(mp_obj_t self_in, mp_obj_t size_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uint32_t size = get_u32("size", size_in, 0, DLM_ERR_ARGUMENT);
    ensure_room();
    check_state(self, dlm_import_staged(self->net, size), size);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(network_load_staged_obj, network_load_staged);

static mp_obj_t network_footprint(mp_obj_t self_in) {
    return mp_obj_new_int_from_uint(dlm_footprint(config_of(MP_OBJ_TO_PTR(self_in))));
}
static MP_DEFINE_CONST_FUN_OBJ_1(network_footprint_obj, network_footprint);

static mp_obj_t network_info(mp_obj_t self_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    info_obj_t *result = new_result(sizeof(info_obj_t), TYPE(info_type), list_info);
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

// The methods of Network, once for both ways to build.
#define METHODS(M)                                                                                                     \
    M(MP_QSTR_configure, network_configure_obj)                                                                        \
    M(MP_QSTR_learn, network_learn_obj)                                                                                \
    M(MP_QSTR_build_step, network_build_step_obj)                                                                      \
    M(MP_QSTR_undo, network_undo_obj)                                                                                  \
    M(MP_QSTR_forget, network_forget_obj)                                                                              \
    M(MP_QSTR_relabel, network_relabel_obj)                                                                            \
    M(MP_QSTR_correct, network_correct_obj)                                                                            \
    M(MP_QSTR_drop, network_drop_obj)                                                                                  \
    M(MP_QSTR_unknowns, network_unknowns_obj)                                                                          \
    M(MP_QSTR_unknown, network_unknown_obj)                                                                            \
    M(MP_QSTR_name, network_name_obj)                                                                                  \
    M(MP_QSTR_rename_class, network_rename_class_obj)                                                                  \
    M(MP_QSTR_drop_class, network_drop_class_obj)                                                                      \
    M(MP_QSTR_freeze, network_freeze_obj)                                                                              \
    M(MP_QSTR_infer, network_infer_obj)                                                                                \
    M(MP_QSTR_digest, network_digest_obj)                                                                              \
    M(MP_QSTR_digest_if_whole, network_digest_if_whole_obj)                                                            \
    M(MP_QSTR_state_size, network_state_size_obj)                                                                      \
    M(MP_QSTR_export, network_export_obj)                                                                              \
    M(MP_QSTR_export_part, network_export_part_obj)                                                                    \
    M(MP_QSTR_load, network_load_obj)                                                                                  \
    M(MP_QSTR_load_part, network_load_part_obj)                                                                        \
    M(MP_QSTR_load_staged, network_load_staged_obj)                                                                    \
    M(MP_QSTR_footprint, network_footprint_obj)                                                                        \
    M(MP_QSTR_info, network_info_obj)

#if !defined(MICROPY_ENABLE_DYNRUNTIME)

#define METHOD(name, method) {MP_ROM_QSTR(name), MP_ROM_PTR(&method)},
static const mp_rom_map_elem_t network_locals_table[] = {METHODS(METHOD)};
static MP_DEFINE_CONST_DICT(network_locals, network_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(network_type, MP_QSTR_Network, MP_TYPE_FLAG_NONE, make_new, network_make_new, locals_dict,
                         &network_locals);
MP_DEFINE_CONST_OBJ_TYPE(learned_type, MP_QSTR_Learned, MP_TYPE_FLAG_NONE, attr, result_attr, print, result_print);
MP_DEFINE_CONST_OBJ_TYPE(answer_type, MP_QSTR_Answer, MP_TYPE_FLAG_NONE, attr, result_attr, print, result_print);
MP_DEFINE_CONST_OBJ_TYPE(info_type, MP_QSTR_Info, MP_TYPE_FLAG_NONE, attr, result_attr, print, result_print);
MP_DEFINE_CONST_OBJ_TYPE(cost_type, MP_QSTR_Cost, MP_TYPE_FLAG_NONE, attr, result_attr, print, result_print);

static const MP_DEFINE_STR_OBJ(version_obj, DLM_VERSION_LIBRARY);

static const mp_rom_map_elem_t module_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_deeplomath)},
    {MP_ROM_QSTR(MP_QSTR___version__), MP_ROM_PTR(&version_obj)},
    {MP_ROM_QSTR(MP_QSTR_Network), MP_ROM_PTR(&network_type)},
    {MP_ROM_QSTR(MP_QSTR_cost), MP_ROM_PTR(&cost_obj)},
    {MP_ROM_QSTR(MP_QSTR_window_features), MP_ROM_PTR(&window_features_obj)},
};
static MP_DEFINE_CONST_DICT(module_globals, module_globals_table);

const mp_obj_module_t deeplomath_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&module_globals,
};
MP_REGISTER_MODULE(MP_QSTR_deeplomath, deeplomath_module);

#else

#define COUNT(name, method) +1
mp_map_elem_t network_locals_table[0 METHODS(COUNT)];  // not static: the linker of native modules relocates only these
static MP_DEFINE_CONST_DICT(network_locals, network_locals_table);

static void make_result_type(mp_obj_full_type_t *type, qstr name) {
    type->base.type = (void *)&mp_type_type;
    type->name = name;
    MP_OBJ_TYPE_SET_SLOT(type, attr, result_attr, 0);
    MP_OBJ_TYPE_SET_SLOT(type, print, result_print, 1);
}

static void make_network_type(void) {
    size_t n = 0;
#define METHOD(name, method)                                                                                           \
    network_locals_table[n++] = (mp_map_elem_t){MP_OBJ_NEW_QSTR(name), MP_OBJ_FROM_PTR(&method)};
    METHODS(METHOD)
    network_type.base.type = (void *)&mp_type_type;
    network_type.name = MP_QSTR_Network;
    MP_OBJ_TYPE_SET_SLOT(&network_type, make_new, network_make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(&network_type, locals_dict, (void *)&network_locals, 1);
}

// The code looks up each name (a qstr) in a table that belongs to the module's context. Code and variables stay for ever, but where
// the code does not lie in the heap (unix) nothing else would hold the context once the module is out of sys.modules.
const void *kept_context;

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    kept_context = self->context;
    make_network_type();
    make_result_type(&learned_type, MP_QSTR_Learned);
    make_result_type(&answer_type, MP_QSTR_Answer);
    make_result_type(&info_type, MP_QSTR_Info);
    make_result_type(&cost_type, MP_QSTR_Cost);
    mp_store_global(MP_QSTR___version__, mp_obj_new_str(DLM_VERSION_LIBRARY, sizeof(DLM_VERSION_LIBRARY) - 1));
    mp_store_global(MP_QSTR_Network, MP_OBJ_FROM_PTR(&network_type));
    mp_store_global(MP_QSTR_cost, MP_OBJ_FROM_PTR(&cost_obj));
    mp_store_global(MP_QSTR_window_features, MP_OBJ_FROM_PTR(&window_features_obj));
    MP_DYNRUNTIME_INIT_EXIT
}

#endif

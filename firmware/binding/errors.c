// SPDX-License-Identifier: MIT
// Exceptions: their text is put together here, from name, value and limit.
#include "errors.h"

void mod_add_text(text_t *text, const char *part) {
    while (*part && text->length < sizeof(text->text)) {
        text->text[text->length++] = *part++;
    }
}

void mod_add_int(text_t *text, int64_t value) {
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
    mod_add_text(text, digits + n);
}

// "name: value given, "
static void add_given(text_t *text, const char *name, int64_t value) {
    mod_add_text(text, name);
    mod_add_text(text, ": ");
    mod_add_int(text, value);
    mod_add_text(text, " given, ");
}

// "low..high allowed"
static void add_limits(text_t *text, int64_t low, int64_t high) {
    mod_add_int(text, low);
    mod_add_text(text, "..");
    mod_add_int(text, high);
    mod_add_text(text, " allowed");
}

NORETURN void mod_raise(const mp_obj_type_t *type, const text_t *text, int code) {
    mp_obj_t args[2] = {mp_obj_new_str(text->text, text->length), MP_OBJ_NEW_SMALL_INT(code)};
    nlr_raise(mp_call_function_n_kw(MP_OBJ_FROM_PTR(type), 2, 0, args));
}

NORETURN void mod_raise_limits(const char *name, int64_t value, int64_t low, int64_t high, int code) {
    text_t text = {.length = 0};
    add_given(&text, name, value);
    add_limits(&text, low, high);
    mod_raise(&mp_type_ValueError, &text, code);
}

NORETURN void mod_raise_needed(const char *name, mp_int_t value, mp_int_t needed, int code) {
    text_t text = {.length = 0};
    add_given(&text, name, value);
    mod_add_int(&text, needed);
    mod_add_text(&text, " needed");
    mod_raise(&mp_type_ValueError, &text, code);
}

NORETURN void mod_raise_given(const char *name, int64_t value, const char *why, int code) {
    text_t text = {.length = 0};
    add_given(&text, name, value);
    mod_add_text(&text, why);
    mod_raise(&mp_type_ValueError, &text, code);
}

NORETURN void mod_raise_words(const char *words, int code) {
    text_t text = {.length = 0};
    mod_add_text(&text, words);
    mod_raise(&mp_type_ValueError, &text, code);
}

NORETURN void mod_raise_not_int(const char *name, mp_obj_t value, int64_t low, int64_t high, int code) {
    text_t text = {.length = 0};
    mod_add_text(&text, name);
    mod_add_text(&text, ": not such an int, ");
    add_limits(&text, low, high);
    mod_raise(mp_obj_get_type(value) == &mp_type_int ? &mp_type_ValueError : &mp_type_TypeError, &text, code);
}

// SPDX-License-Identifier: MIT
// Exceptions with value and limit in the text, and an error code beside it.
#ifndef DEEPLOMATH_ERRORS_H
#define DEEPLOMATH_ERRORS_H

#include "micropython.h"

// A text that is put together; what does not fit is left out. Begin with {.length = 0}.
typedef struct {
    char text[96];
    size_t length;
} text_t;

void mod_add_text(text_t *text, const char *part);
void mod_add_int(text_t *text, int64_t value);

// Raises type(text, code). Those below raise ValueError.
NORETURN void mod_raise(const mp_obj_type_t *type, const text_t *text, int code);

// "name: value given, low..high allowed"
NORETURN void mod_raise_limits(const char *name, int64_t value, int64_t low, int64_t high, int code);

// "name: value given, needed needed"
NORETURN void mod_raise_needed(const char *name, mp_int_t value, mp_int_t needed, int code);

// "name: value given, why"
NORETURN void mod_raise_given(const char *name, int64_t value, const char *why, int code);

NORETURN void mod_raise_words(const char *words, int code);

// "name: not such an int, low..high allowed"; TypeError where value is no int at all.
NORETURN void mod_raise_not_int(const char *name, mp_obj_t value, int64_t low, int64_t high, int code);

#endif

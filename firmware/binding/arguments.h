// SPDX-License-Identifier: MIT
// Arguments that a module is called with, taken or refused by name.
#ifndef DEEPLOMATH_ARGUMENTS_H
#define DEEPLOMATH_ARGUMENTS_H

#include "micropython.h"

// The value of an int argument within low..high. Raises ValueError or TypeError(text, code).
int32_t mod_get_int(const char *name, mp_obj_t value, int32_t low, int32_t high, int code);

// The value of an int argument within low..2^32-1: ids, which may be more than a small int. Raises as mod_get_int.
uint32_t mod_get_u32(const char *name, mp_obj_t value, uint32_t low, int code);

// The int16 in a buffer, *n of them: array('h'), or bytes taken as little-endian pairs. Copied only where they begin at
// an odd address. Raises TypeError(text, code) for another buffer.
const int16_t *mod_get_int16(const char *name, mp_obj_t value, size_t *n, int code);

#endif

// SPDX-License-Identifier: MIT
// The object FrontEnd: its type's slots and its methods.
#ifndef DEEPLOMATH_FRONT_H
#define DEEPLOMATH_FRONT_H

#include "micropython.h"

mp_obj_t front_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args);
void front_attr(mp_obj_t self_in, qstr name, mp_obj_t *dest);

extern const mp_obj_fun_builtin_fixed_t front_push_obj, front_skip_obj, front_reset_obj;
extern const mp_obj_fun_builtin_var_t front_take_obj;

#endif

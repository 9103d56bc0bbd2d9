// SPDX-License-Identifier: MIT
// What MicroPython offers a module, whether it is compiled into a firmware or loaded (MICROPY_ENABLE_DYNRUNTIME).
#ifndef DEEPLOMATH_MICROPYTHON_H
#define DEEPLOMATH_MICROPYTHON_H

#if defined(MICROPY_ENABLE_DYNRUNTIME)
#include "py/dynruntime.h"
#else
#include "py/runtime.h"
#include "py/binary.h"
#include "py/gc.h"
#include "py/objstr.h"
#endif

// A type of the module's own: constant in a firmware, made by a loaded module.
#if defined(MICROPY_ENABLE_DYNRUNTIME)
typedef mp_obj_full_type_t mod_type_t;
#define mp_type_MemoryError (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_MemoryError)))
#else
typedef const mp_obj_type_t mod_type_t;
#endif
#define TYPE(type) ((const mp_obj_type_t *)&(type))

#endif

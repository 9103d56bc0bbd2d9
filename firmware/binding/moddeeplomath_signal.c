// SPDX-License-Identifier: MIT
// The MicroPython module `deeplomath_signal`: samples of a sensor to features. Its host twin is host/deeplomath/signal.
// Compiled into a firmware or, with MICROPY_ENABLE_DYNRUNTIME, into a loadable deeplomath_signal.mpy.
//
//     front = deeplomath_signal.FrontEnd(program)
//     for at, x in front.push(array('h', ...)):
//         ...
//
// A refused argument raises ValueError(text with value and limit, kernel error code), and nothing has changed.
#include "front.h"

#include "dlm_spec.h"

// The methods of FrontEnd, once for both ways to build.
#define METHODS(M)                                                                                                     \
    M(MP_QSTR_push, front_push_obj)                                                                                    \
    M(MP_QSTR_take, front_take_obj)                                                                                    \
    M(MP_QSTR_skip, front_skip_obj)                                                                                    \
    M(MP_QSTR_reset, front_reset_obj)

#if !defined(MICROPY_ENABLE_DYNRUNTIME)

#define METHOD(name, method) {MP_ROM_QSTR(name), MP_ROM_PTR(&method)},
static const mp_rom_map_elem_t front_locals_table[] = {METHODS(METHOD)};
static MP_DEFINE_CONST_DICT(front_locals, front_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(front_type, MP_QSTR_FrontEnd, MP_TYPE_FLAG_NONE, make_new, front_make_new, attr, front_attr,
                         locals_dict, &front_locals);

static const MP_DEFINE_STR_OBJ(version_obj, DLM_VERSION_LIBRARY);

static const mp_rom_map_elem_t module_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_deeplomath_signal)},
    {MP_ROM_QSTR(MP_QSTR___version__), MP_ROM_PTR(&version_obj)},
    {MP_ROM_QSTR(MP_QSTR_FrontEnd), MP_ROM_PTR(&front_type)},
};
static MP_DEFINE_CONST_DICT(module_globals, module_globals_table);

const mp_obj_module_t deeplomath_signal_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&module_globals,
};
MP_REGISTER_MODULE(MP_QSTR_deeplomath_signal, deeplomath_signal_module);

#else

mod_type_t front_type;

#define COUNT(name, method) +1
mp_map_elem_t front_locals_table[0 METHODS(COUNT)];  // not static: the linker of native modules relocates only these
static MP_DEFINE_CONST_DICT(front_locals, front_locals_table);

static void make_front_type(void) {
    size_t n = 0;
#define METHOD(name, method) front_locals_table[n++] = (mp_map_elem_t){MP_OBJ_NEW_QSTR(name), MP_OBJ_FROM_PTR(&method)};
    METHODS(METHOD)
    front_type.base.type = (void *)&mp_type_type;
    front_type.name = MP_QSTR_FrontEnd;
    // Slots of high numbers, as in moddeeplomath.c: what goes into a register shall be no half of an address.
    MP_OBJ_TYPE_SET_SLOT(&front_type, make_new, front_make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(&front_type, attr, front_attr, 9);
    MP_OBJ_TYPE_SET_SLOT(&front_type, locals_dict, (void *)&front_locals, 10);
}

const void *kept_context;  // as in moddeeplomath.c: nothing else holds it once the module is out of sys.modules

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    kept_context = self->context;
    make_front_type();
    mp_store_global(MP_QSTR___version__, mp_obj_new_str(DLM_VERSION_LIBRARY, sizeof(DLM_VERSION_LIBRARY) - 1));
    mp_store_global(MP_QSTR_FrontEnd, MP_OBJ_FROM_PTR(&front_type));
    MP_DYNRUNTIME_INIT_EXIT
}

#endif

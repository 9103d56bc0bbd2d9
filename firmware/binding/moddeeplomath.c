// SPDX-License-Identifier: MIT
// The MicroPython module `deeplomath`: its names and types. Arguments in, exceptions out; the arithmetic is the
// kernel's. Its host twin is host/deeplomath/mirror/network.py. Compiled into a firmware or, with
// MICROPY_ENABLE_DYNRUNTIME, into a loadable deeplomath.mpy.
//
//     net = deeplomath.Network(features=18, classes=7, events=64)
//     net.learn(array('h', ...), 3).neurons
//     net.infer(array('h', ...)).label
//
// A refused argument raises ValueError(text with value and limit, kernel error code) and changes nothing. Want of
// memory raises MemoryError ahead of a change: behind one, ROOM bytes are free for what is made of its outcome.
#include "network.h"
#include "results.h"

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
};
static MP_DEFINE_CONST_DICT(module_globals, module_globals_table);

const mp_obj_module_t deeplomath_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&module_globals,
};
MP_REGISTER_MODULE(MP_QSTR_deeplomath, deeplomath_module);

#else

mod_type_t network_type, learned_type, answer_type, info_type, cost_type;

#define COUNT(name, method) +1
mp_map_elem_t network_locals_table[0 METHODS(COUNT)];  // not static: the linker of native modules relocates only these
static MP_DEFINE_CONST_DICT(network_locals, network_locals_table);

static void make_result_type(mp_obj_full_type_t *type, qstr name) {
    type->base.type = (void *)&mp_type_type;
    type->name = name;
    // Slots of high numbers. This code lies in the heap, which is searched for pointers. A 1 that goes into a register
    // is half of an address in the upper 64 KB of an STM32F4's RAM: what begins there would be kept, and a network
    // could not grow.
    MP_OBJ_TYPE_SET_SLOT(type, attr, result_attr, 9);
    MP_OBJ_TYPE_SET_SLOT(type, print, result_print, 10);
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

// The code looks up each name (a qstr) in a table that belongs to the module's context. Code and variables stay for
// ever, but where the code does not lie in the heap (unix) nothing else would hold the context once the module is out
// of sys.modules.
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
    MP_DYNRUNTIME_INIT_EXIT
}

#endif

// SPDX-License-Identifier: MIT
// The object Network, and what the files of its methods call of each other.
#ifndef DEEPLOMATH_NETWORK_H
#define DEEPLOMATH_NETWORK_H

#include "dlm.h"
#include "micropython.h"

typedef struct {
    mp_obj_base_t base;
    dlm_t *net;  // in its own block of the heap, dlm_footprint bytes
} network_obj_t;

extern mod_type_t network_type;

static inline const dlm_config_t *config_of(const network_obj_t *self) {
    return (const dlm_config_t *)(const void *)self->net;  // the first field of a network is its config
}

// lifecycle.c
mp_obj_t network_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args);
extern const mp_obj_fun_builtin_var_t cost_obj;

// refusals.c
// What a call of the kernel was asked to do, for the words of its error.
typedef struct {
    const char *words;  // of DLM_ERR_NOTHING or DLM_ERR_MODE
    int32_t label;
    uint32_t event;
} asked_t;

// Raises what the kernel refused, with the words of what it was asked; 0 is nothing refused.
void network_check(const network_obj_t *self, int code, asked_t asked);

// Raises what the kernel refused of a state of this size.
void network_check_state(const network_obj_t *self, int code, int64_t size);

// The methods: of lifecycle.c configure, footprint, info; of states.c digest to load_staged; of learning.c all others.
extern const mp_obj_fun_builtin_var_t network_configure_obj, network_learn_obj, network_freeze_obj;
extern const mp_obj_fun_builtin_fixed_t network_build_step_obj, network_undo_obj, network_forget_obj,
    network_relabel_obj, network_correct_obj, network_drop_obj, network_unknowns_obj, network_unknown_obj,
    network_name_obj, network_rename_class_obj, network_drop_class_obj, network_infer_obj, network_digest_obj,
    network_digest_if_whole_obj, network_state_size_obj, network_export_obj, network_export_part_obj, network_load_obj,
    network_load_part_obj, network_load_staged_obj, network_footprint_obj, network_info_obj;

#endif

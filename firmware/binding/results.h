// SPDX-License-Identifier: MIT
// What learn, infer, info and cost return: named numbers, made into objects when asked for.
#ifndef DEEPLOMATH_RESULTS_H
#define DEEPLOMATH_RESULTS_H

#include "dlm.h"
#include "micropython.h"

extern mod_type_t learned_type, answer_type, info_type, cost_type;

typedef struct fields fields_t;

// Each result begins with this.
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

// Results of the four types, to be filled in.
learned_obj_t *result_new_learned(void);
answer_obj_t *result_new_answer(size_t n_classes);
info_obj_t *result_new_info(void);
cost_obj_t *result_new_cost(void);

// The slots of the four types.
void result_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest);
void result_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind);

#endif

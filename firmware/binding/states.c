// SPDX-License-Identifier: MIT
// The methods of Network for its state: digest, export and load, whole or in parts.
#include "arguments.h"
#include "blocks.h"
#include "network.h"

// The network, after finishing a rebuild that is under way.
static dlm_t *whole(const network_obj_t *self) {
    while (dlm_build_step(self->net, UINT32_MAX)) {
    }
    return self->net;
}

static mp_obj_t network_digest(mp_obj_t self_in) {
    return mp_obj_new_int_from_uint(dlm_digest(whole(MP_OBJ_TO_PTR(self_in))));
}
MP_DEFINE_CONST_FUN_OBJ_1(network_digest_obj, network_digest);

// digest_if_whole(): None while a rebuild is under way, which goes on as it is; else as digest.
static mp_obj_t network_digest_if_whole(mp_obj_t self_in) {
    const network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    dlm_info_t info;
    dlm_info(self->net, &info);
    return info.building ? mp_const_none : mp_obj_new_int_from_uint(dlm_digest(self->net));
}
MP_DEFINE_CONST_FUN_OBJ_1(network_digest_if_whole_obj, network_digest_if_whole);

static mp_obj_t network_state_size(mp_obj_t self_in) {
    const network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    return mp_obj_new_int_from_uint(dlm_state_size(self->net));
}
MP_DEFINE_CONST_FUN_OBJ_1(network_state_size_obj, network_state_size);

static mp_obj_t network_export(mp_obj_t self_in) {
    const dlm_t *net = whole(MP_OBJ_TO_PTR(self_in));
    const size_t size = dlm_state_size(net);
    uint8_t *state = m_malloc(size);
    dlm_export(net, state);
    return mp_obj_new_bytearray_by_ref(size, state);
}
MP_DEFINE_CONST_FUN_OBJ_1(network_export_obj, network_export);

// export_part(offset, buffer): fills a writable buffer with the state from offset on; how many bytes that were.
static mp_obj_t network_export_part(mp_obj_t self_in, mp_obj_t offset_in, mp_obj_t part_in) {
    const dlm_t *net = whole(MP_OBJ_TO_PTR(self_in));
    const size_t size = dlm_state_size(net);
    const size_t offset = (size_t)mod_get_int("offset", offset_in, 0, (int32_t)size, DLM_ERR_ARGUMENT);
    mp_buffer_info_t part;
    mp_get_buffer_raise(part_in, &part, MP_BUFFER_WRITE);
    const size_t n = part.len < size - offset ? part.len : size - offset;
    mod_ensure_room();
    dlm_export_part(net, (uint32_t)offset, part.buf, (uint32_t)n);
    return MP_OBJ_NEW_SMALL_INT(n);
}
MP_DEFINE_CONST_FUN_OBJ_3(network_export_part_obj, network_export_part);

static mp_obj_t network_load(mp_obj_t self_in, mp_obj_t state_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t state;
    mp_get_buffer_raise(state_in, &state, MP_BUFFER_READ);
    mod_ensure_room();
    network_check_state(self, dlm_import(self->net, state.buf, state.len), (int64_t)state.len);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(network_load_obj, network_load);

// load_part(offset, part): puts a part of a state aside, in the network's own buffer.
static mp_obj_t network_load_part(mp_obj_t self_in, mp_obj_t offset_in, mp_obj_t part_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uint32_t offset = mod_get_u32("offset", offset_in, 0, DLM_ERR_ARGUMENT);
    mp_buffer_info_t part;
    mp_get_buffer_raise(part_in, &part, MP_BUFFER_READ);
    mod_ensure_room();
    network_check_state(self, dlm_import_part(self->net, offset, part.buf, (uint32_t)part.len),
                        (int64_t)offset + (int64_t)part.len);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_3(network_load_part_obj, network_load_part);

// load_staged(size): takes the state that was put aside.
static mp_obj_t network_load_staged(mp_obj_t self_in, mp_obj_t size_in) {
    network_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uint32_t size = mod_get_u32("size", size_in, 0, DLM_ERR_ARGUMENT);
    mod_ensure_room();
    network_check_state(self, dlm_import_staged(self->net, size), size);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(network_load_staged_obj, network_load_staged);

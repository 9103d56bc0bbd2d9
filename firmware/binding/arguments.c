// SPDX-License-Identifier: MIT
// Arguments: ints within limits, and buffers of int16.
#include "arguments.h"
#include "errors.h"

int32_t mod_get_int(const char *name, mp_obj_t value, int32_t low, int32_t high, int code) {
    if (!mp_obj_is_small_int(value)) {
        mod_raise_not_int(name, value, low, high, code);
    }
    mp_int_t number = MP_OBJ_SMALL_INT_VALUE(value);
    if (number < low || number > high) {
        mod_raise_limits(name, number, low, high, code);
    }
    return (int32_t)number;
}

uint32_t mod_get_u32(const char *name, mp_obj_t value, uint32_t low, int code) {
    const bool is_int = mp_obj_get_type(value) == &mp_type_int;
    const uint32_t number = is_int ? (uint32_t)mp_obj_get_int_truncated(value) : 0;
    if (!is_int || mp_binary_op(MP_BINARY_OP_EQUAL, mp_obj_new_int_from_uint(number), value) != mp_const_true) {
        mod_raise_not_int(name, value, low, UINT32_MAX, code);
    }
    if (number < low) {
        mod_raise_limits(name, number, low, UINT32_MAX, code);
    }
    return number;
}

const int16_t *mod_get_int16(const char *name, mp_obj_t value, size_t *n, int code) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(value, &buffer, MP_BUFFER_READ);
    if ((buffer.typecode != 'h' && buffer.typecode != 'B' && buffer.typecode != BYTEARRAY_TYPECODE) || buffer.len % 2) {
        text_t text = {.length = 0};
        mod_add_text(&text, name);
        mod_add_text(&text, ": a buffer of int16 needed, array('h') or an even number of bytes");
        mod_raise(&mp_type_TypeError, &text, code);
    }
    *n = buffer.len / 2;
    if ((uintptr_t)buffer.buf % 2) {
        uint8_t *copy = m_malloc(buffer.len);
        for (size_t i = 0; i < buffer.len; i++) {
            copy[i] = ((const uint8_t *)buffer.buf)[i];
        }
        return (const int16_t *)(void *)copy;
    }
    return buffer.buf;
}

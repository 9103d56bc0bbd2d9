// SPDX-License-Identifier: MIT
// The flash disk of an emulated board, in memory that it has to spare: Python's module _board reads and writes it.
#include <string.h>

#include "py/mperrno.h"
#include "py/runtime.h"

#include "machine.h"

// The rest of the RAM, below the stack.
__attribute__((weak)) uint8_t *machine_disk(void) {
    static uint8_t content[DISK_BLOCK * DISK_BLOCKS] __attribute__((section(".disk")));
    return content;
}

__attribute__((weak)) void machine_disk_read(uint32_t at, uint8_t *to, uint32_t n) {
    memcpy(to, machine_disk() + at, n);
}

__attribute__((weak)) void machine_disk_write(uint32_t at, const uint8_t *from, uint32_t n) {
    memcpy(machine_disk() + at, from, n);
}

// Where a buffer belongs on the disk. OSError: outside of it.
static uint32_t place(mp_obj_t at_in, const mp_buffer_info_t *buffer) {
    const mp_int_t at = mp_obj_get_int(at_in), size = DISK_BLOCK * DISK_BLOCKS;
    if (at < 0 || at > size || buffer->len > (size_t)(size - at)) {
        mp_raise_OSError(MP_EINVAL);
    }
    return (uint32_t)at;
}

// _board.read(at, buffer)
static mp_obj_t board_read(mp_obj_t at, mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_WRITE);
    machine_disk_read(place(at, &buffer), buffer.buf, buffer.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_read_obj, board_read);

// _board.write(at, buffer)
static mp_obj_t board_write(mp_obj_t at, mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_READ);
    machine_disk_write(place(at, &buffer), buffer.buf, buffer.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_write_obj, board_write);

static const mp_rom_map_elem_t board_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__board)},
    {MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&board_read_obj)},
    {MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&board_write_obj)},
    {MP_ROM_QSTR(MP_QSTR_BLOCK), MP_ROM_INT(DISK_BLOCK)},
    {MP_ROM_QSTR(MP_QSTR_BLOCKS), MP_ROM_INT(DISK_BLOCKS)},
};
static MP_DEFINE_CONST_DICT(board_globals, board_globals_table);

const mp_obj_module_t board_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&board_globals,
};
MP_REGISTER_MODULE(MP_QSTR__board, board_module);

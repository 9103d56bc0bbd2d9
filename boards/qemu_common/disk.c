// SPDX-License-Identifier: MIT
// The flash disk of an emulated board: Python's module _board reads and writes the file disk.img in QEMU's folder, by semihosting.
#include "py/mperrno.h"
#include "py/runtime.h"

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_SEEK = 0x0a };
enum { OPEN_READ_WRITE = 3, OPEN_NEW = 7 };  // as fopen's "r+b" and "w+b"
#define ERASED (0xff)

static int semihosting(int call, const void *arguments) {
    register int r0 __asm__("r0") = call;
    register const void *r1 __asm__("r1") = arguments;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static int open_disk(int mode) {
    static const char name[] = "disk.img";
    const uintptr_t arguments[] = {(uintptr_t)name, mode, sizeof(name) - 1};
    return semihosting(SYS_OPEN, arguments);
}

// The open file with its position at `at`.
static int disk_at(mp_obj_t at) {
    static int disk;
    if (disk <= 0) {
        disk = open_disk(OPEN_READ_WRITE);
    }
    if (disk <= 0) {
        disk = open_disk(OPEN_NEW);
    }
    const uintptr_t arguments[] = {disk, mp_obj_get_int(at)};
    if (disk <= 0 || semihosting(SYS_SEEK, arguments)) {
        mp_raise_OSError(MP_EIO);
    }
    return disk;
}

// Reads or writes a buffer at the file's position; returns how many bytes of it were left out.
static size_t transfer(int call, int disk, const mp_buffer_info_t *buffer) {
    const uintptr_t arguments[] = {disk, (uintptr_t)buffer->buf, buffer->len};
    return semihosting(call, arguments);
}

// _board.read(at, buffer): what was never written is as erased flash.
static mp_obj_t board_read(mp_obj_t at, mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_WRITE);
    const size_t left = transfer(SYS_READ, disk_at(at), &buffer);
    if (left > buffer.len) {
        mp_raise_OSError(MP_EIO);
    }
    memset((uint8_t *)buffer.buf + buffer.len - left, ERASED, left);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_read_obj, board_read);

// _board.write(at, buffer)
static mp_obj_t board_write(mp_obj_t at, mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_READ);
    if (transfer(SYS_WRITE, disk_at(at), &buffer)) {
        mp_raise_OSError(MP_EIO);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_write_obj, board_write);

static const mp_rom_map_elem_t board_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__board)},
    {MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&board_read_obj)},
    {MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&board_write_obj)},
};
static MP_DEFINE_CONST_DICT(board_globals, board_globals_table);

const mp_obj_module_t board_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&board_globals,
};
MP_REGISTER_MODULE(MP_QSTR__board, board_module);

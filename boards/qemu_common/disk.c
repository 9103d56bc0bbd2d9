// SPDX-License-Identifier: MIT
// The flash disk of an emulated board, in RAM that it has to spare: Python's module _board reads and writes it. It outlives resets.
#include <string.h>

#include "py/mperrno.h"
#include "py/runtime.h"

#if defined(QEMU_SOC_STM32)

// 64 KB that the heap does not use: from QEMU 8 on where the chip has them, before it behind the other 128 KB.
#define DISK_BLOCK (512)
#define DISK_BLOCKS (128)
#define CCM ((uint8_t *)0x10000000)
#define VTOR (*(volatile uintptr_t *)0xe000ed08)
#define HARD_FAULT (3)

static uint8_t *volatile found;

// Of a load that found no memory, 2 bytes long: the disk is behind the RAM, and it goes on behind that load.
__attribute__((naked)) static void no_memory(void) {
    __asm volatile("ldr r0, [sp, #24]\n"
                   "adds r0, #2\n"
                   "str r0, [sp, #24]\n"
                   "ldr r0, =0x20020000\n"
                   "ldr r1, =found\n"
                   "str r0, [r1]\n"
                   "bx lr\n"
                   ".ltorg");
}

static uint8_t *disk(void) {
    if (!found) {
        static uintptr_t vectors[16] __attribute__((aligned(128)));
        const uintptr_t before = VTOR;
        vectors[HARD_FAULT] = (uintptr_t)no_memory;
        found = CCM;
        VTOR = (uintptr_t)vectors;
        __asm volatile("dsb\n ldrb r0, [%0]\n dsb" : : "l"(CCM) : "r0", "memory");
        VTOR = before;
    }
    return found;
}

#else

#define DISK_BLOCK (4096)
#define DISK_BLOCKS (64)

static uint8_t *disk(void) {
    static uint8_t content[DISK_BLOCK * DISK_BLOCKS] __attribute__((section(".disk")));
    return content;
}

#endif

// Where a buffer belongs on the disk. OSError: outside of it.
static uint8_t *place(mp_obj_t at_in, const mp_buffer_info_t *buffer) {
    const mp_int_t at = mp_obj_get_int(at_in), size = DISK_BLOCK * DISK_BLOCKS;
    if (at < 0 || at > size || buffer->len > (size_t)(size - at)) {
        mp_raise_OSError(MP_EINVAL);
    }
    return disk() + at;
}

// _board.read(at, buffer)
static mp_obj_t board_read(mp_obj_t at, mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_WRITE);
    memcpy(buffer.buf, place(at, &buffer), buffer.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_read_obj, board_read);

// _board.write(at, buffer)
static mp_obj_t board_write(mp_obj_t at, mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_READ);
    memcpy(place(at, &buffer), buffer.buf, buffer.len);
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

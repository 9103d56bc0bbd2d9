// SPDX-License-Identifier: MIT
// The flash disk of an emulated board: Python's module _board reads and writes it.
#include <string.h>

#include "py/mperrno.h"
#include "py/runtime.h"

#define DISK_SIZE (1u << 18)  // as _boot.py and the host's emulator.py have it

#if defined(QEMU_SOC_STM32)

// Its RAM is too small: the disk is on the other end of USART2, the host's emulator.py (Disk), which answers requests to read.
#define REG(address) (*(volatile uint32_t *)(address))
#define USART2_SR REG(0x40004400)
#define USART2_DR REG(0x40004404)
#define USART2_CR1 REG(0x4000440c)
#define USART_RXNE (1u << 5)
#define USART_ENABLED (1u << 13 | 1u << 3 | 1u << 2)  // transmitter and receiver
#define PATIENCE (1000)
#define ERASED (0xff)

static void send(const uint8_t *data, size_t n) {
    USART2_CR1 = USART_ENABLED;
    while (n--) {
        USART2_DR = *data++;
    }
}

static void request(char operation, size_t at, size_t n) {
    const uint8_t bytes[] = {operation, at, at >> 8, at >> 16, at >> 24, n, n >> 8};
    send(bytes, sizeof(bytes));
}

// Looks only now and then: each look keeps QEMU from its other end of the line.
static uint8_t receive(void) {
    while (!(USART2_SR & USART_RXNE)) {
        for (int i = 0; i < PATIENCE; i++) {
            __asm volatile("nop");
        }
    }
    return USART2_DR;
}

// The answer is the number of bytes up to the last one that is not erased, then these.
static void disk_read(size_t at, uint8_t *data, size_t n) {
    request('R', at, n);
    size_t sent = receive();
    sent |= receive() << 8;
    for (size_t i = 0; i < n; i++) {
        data[i] = i < sent ? receive() : ERASED;
    }
}

static void disk_write(size_t at, const uint8_t *data, size_t n) {
    request('W', at, n);
    send(data, n);
}

#else

static uint8_t disk[DISK_SIZE] __attribute__((section(".disk")));

static void disk_read(size_t at, uint8_t *data, size_t n) {
    memcpy(data, disk + at, n);
}

static void disk_write(size_t at, const uint8_t *data, size_t n) {
    memcpy(disk + at, data, n);
}

#endif

// The place of a buffer on the disk. OSError: it lies outside, or is longer than a request can say.
static size_t place(mp_obj_t at_in, const mp_buffer_info_t *buffer) {
    const mp_int_t at = mp_obj_get_int(at_in);
    if (at < 0 || buffer->len > UINT16_MAX || (size_t)at + buffer->len > DISK_SIZE) {
        mp_raise_OSError(MP_EINVAL);
    }
    return at;
}

// _board.read(at, buffer)
static mp_obj_t board_read(mp_obj_t at, mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_WRITE);
    disk_read(place(at, &buffer), buffer.buf, buffer.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_read_obj, board_read);

// _board.write(at, buffer)
static mp_obj_t board_write(mp_obj_t at, mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_READ);
    disk_write(place(at, &buffer), buffer.buf, buffer.len);
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

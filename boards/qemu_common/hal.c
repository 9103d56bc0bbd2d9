// SPDX-License-Identifier: MIT
// What ports/qemu lacks for a board on a serial line: start-up, a receive ring with Ctrl-C, sleep, clocks, the RAM disk's memory.
// The linker's --wrap puts these functions in the port's place; no file of MicroPython is changed.
#include "py/mphal.h"
#include "py/objarray.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "shared/runtime/interrupt_char.h"
#include "shared/runtime/pyexec.h"
#include "ports/qemu/uart.h"

#define REG(address) (*(volatile uint32_t *)(address))

// One set of clocks and one "byte waiting" interrupt per machine.
#if defined(QEMU_SOC_STM32)

// QEMU runs TIM2 and TIM5 at 1 GHz of virtual time: under -icount shift=0 one count of TIM2 is one instruction executed.
#define TIM2_CR1 REG(0x40000000)
#define TIM2_CNT REG(0x40000024)
#define TIM5_CR1 REG(0x40000c00)
#define TIM5_CNT REG(0x40000c24)
#define TIM5_PSC REG(0x40000c28)
#define USART1_SR REG(0x40011000)
#define USART1_CR1 REG(0x4001100c)
#define USART_RXNE (1u << 5)  // SR: byte waiting; CR1: interrupt for it
#define RX_IRQ (37)

static void machine_init(void) {
    TIM2_CR1 = 1;
    TIM5_CR1 = 1;
    TIM5_PSC = 999;
    USART1_CR1 |= USART_RXNE;
}
static bool machine_byte_waiting(void) {
    return USART1_SR & USART_RXNE;
}
static uint32_t machine_cycles(void) {
    return TIM2_CNT;
}
static uint32_t machine_us(void) {
    return TIM5_CNT;
}

#else
#error "hal.c: no clocks for this machine yet"
#endif

// Bytes are taken from the UART only while the ring has room: QEMU holds the rest back, nothing is lost.
static uint8_t ring[256], ring_in, ring_out;

static void receive(void) {
    while ((uint8_t)(ring_in + 1) != ring_out) {
        int c = uart_rx_chr();
        if (c < 0) {
            return;
        }
        if (c == mp_interrupt_char) {
            ring_out = ring_in;
            mp_sched_keyboard_interrupt();
        } else {
            ring[ring_in++] = c;
        }
    }
}

void board_vm_hook(void) {
    if (mp_interrupt_char >= 0) {
        receive();
    }
}

// Sleeps with interrupts masked: a pending one wakes the core and is cleared, so that no handler is needed.
void board_wait_for_input(void) {
    volatile uint32_t *enable = &REG(0xe000e100 + RX_IRQ / 32 * 4);
    volatile uint32_t *disable = &REG(0xe000e180 + RX_IRQ / 32 * 4);
    volatile uint32_t *clear = &REG(0xe000e280 + RX_IRQ / 32 * 4);
    uint32_t bit = 1u << RX_IRQ % 32;
    __asm volatile("cpsid i");
    *enable = bit;
    if (ring_in == ring_out && !machine_byte_waiting()) {
        __asm volatile("wfi");
    }
    *disable = bit;
    *clear = bit;
    __asm volatile("cpsie i");
}

int __wrap_mp_hal_stdin_rx_chr(void) {
    for (;;) {
        receive();
        if (ring_in != ring_out) {
            return ring[ring_out++];
        }
        mp_handle_pending(true);
        board_wait_for_input();
    }
}

uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t poll_flags) {
    receive();
    return poll_flags & (MP_STREAM_POLL_WR | (ring_in != ring_out ? MP_STREAM_POLL_RD : 0));
}

// 64 bits from the machine's 32: right as long as someone asks once in 71 minutes.
static uint64_t time_us(void) {
    static uint32_t last, wraps;
    uint32_t now = machine_us();
    wraps += now < last;
    last = now;
    return (uint64_t)wraps << 32 | now;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return machine_cycles();
}
mp_uint_t mp_hal_ticks_us(void) {
    return (mp_uint_t)time_us();
}
mp_uint_t mp_hal_ticks_ms(void) {
    return (mp_uint_t)(time_us() / 1000);
}
uint64_t mp_hal_time_ns(void) {
    return time_us() * 1000;
}
void mp_hal_delay_us(mp_uint_t us) {
    for (uint64_t end = time_us() + us; time_us() < end;) {
        mp_event_handle_nowait();
    }
}
void mp_hal_delay_ms(mp_uint_t ms) {
    for (uint64_t end = time_us() + ms * 1000ull; time_us() < end;) {
        mp_event_handle_nowait();
    }
}

// _board.ramdisk(): the RAM behind the stack that the linker script keeps free, as a bytearray.
extern uint8_t _ramdisk_start[], RAMDISK_SIZE[];

static mp_obj_t board_ramdisk(void) {
    return mp_obj_new_bytearray_by_ref((size_t)RAMDISK_SIZE, _ramdisk_start);
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_ramdisk_obj, board_ramdisk);

static const mp_rom_map_elem_t board_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__board)},
    {MP_ROM_QSTR(MP_QSTR_ramdisk), MP_ROM_PTR(&board_ramdisk_obj)},
};
static MP_DEFINE_CONST_DICT(board_globals, board_globals_table);

const mp_obj_module_t board_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&board_globals,
};
MP_REGISTER_MODULE(MP_QSTR__board, board_module);

void __real_uart_init(void);
void __wrap_uart_init(void) {
#if defined(__ARM_FP)
    REG(0xe000ed88) |= 0xfu << 20;  // CPACR: the port's start-up leaves the FPU off
    __asm volatile("dsb\n isb");
#endif
    __real_uart_init();
    machine_init();
}

void __real_mp_init(void);
void __wrap_mp_init(void) {
    __real_mp_init();
    pyexec_frozen_module("_boot.py", false);
}

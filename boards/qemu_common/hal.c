// SPDX-License-Identifier: MIT
// What ports/qemu lacks for a board on a serial line: start-up, a receive ring with Ctrl-C, sleep, clocks.
// The linker's --wrap puts these functions in the port's place; no file of MicroPython is changed.
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "shared/runtime/interrupt_char.h"
#include "shared/runtime/pyexec.h"
#include "ports/qemu/uart.h"

#include "core.h"
#include "machine.h"

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

static bool has_input(void) {
    return ring_in != ring_out || machine_byte_waiting();
}

void board_wait_for_input(void) {
    core_wait(has_input);
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

// 64 bits from the machine's 32: right while someone asks in each round of them, 71 minutes at 1 MHz, 171 s at 25 MHz.
static uint64_t time_us(void) {
    static uint32_t last, rounds;
    uint32_t now = machine_clock();
    rounds += now < last;
    last = now;
    return ((uint64_t)rounds << 32 | now) / machine_clock_per_us;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return machine_ticks();
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

void __real_uart_init(void);
void __wrap_uart_init(void) {
    core_init();
    __real_uart_init();
    machine_init();
}

void __real_mp_init(void);
void __wrap_mp_init(void) {
    __real_mp_init();
    pyexec_frozen_module("_boot.py", false);
}

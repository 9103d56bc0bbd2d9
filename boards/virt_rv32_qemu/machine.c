// SPDX-License-Identifier: MIT
// QEMU's virt: mcycle counts ns of virtual time under -icount, with shift=0 an instruction each; mtime counts at 10 MHz.
#include "../qemu_common/machine.h"

#define UART(at) (*(volatile uint8_t *)(0x10000000 + (at)))
#define UART_IER UART(1)
#define UART_FCR UART(2)
#define UART_LSR UART(5)
#define IER_RX_INTERRUPT (1u << 0)
#define FCR_FIFO (1u << 0)  // an interrupt from one byte on
#define LSR_DATA_READY (1u << 0)
#define MTIME REG(0x0200bff8)
#define DISK_AT (0x80800000)  // above the RAM that board.ld knows, which QEMU loads anew at a reset

const uint32_t machine_rx_irq = 10;
const uint32_t machine_clock_per_us = 10;

void machine_init(void) {
    UART_FCR = FCR_FIFO;
    UART_IER = IER_RX_INTERRUPT;
}

bool machine_byte_waiting(void) {
    return UART_LSR & LSR_DATA_READY;
}

uint32_t machine_ticks(void) {
    uint32_t cycles;
    __asm volatile("csrr %0, mcycle" : "=r"(cycles));
    return cycles;
}

uint32_t machine_clock(void) {
    return MTIME;
}

uint8_t *machine_disk(void) {
    return (uint8_t *)DISK_AT;
}

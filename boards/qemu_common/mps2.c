// SPDX-License-Identifier: MIT
// Arm's MPS2 boards without TrustZone: a counter of 25 MHz for both clocks, under -icount shift=8 6.4 an instruction.
#include "machine.h"

#define FPGAIO_COUNTER REG(0x40028018)
#define UART0_STATE REG(0x40004004)
#define UART0_CTRL REG(0x40004008)
#define UART0_INTSTATUS REG(0x4000400c)
#define UART_RX_FULL (1u << 1)         // STATE
#define UART_RX_INTERRUPT (1u << 3)    // CTRL
#define UART_RX_INTERRUPTED (1u << 1)  // INTSTATUS: stays until it is written

const uint32_t machine_rx_irq = 0;
const uint32_t machine_clock_per_us = 25;

void machine_init(void) {
    UART0_CTRL |= UART_RX_INTERRUPT;
}

bool machine_byte_waiting(void) {
    UART0_INTSTATUS = UART_RX_INTERRUPTED;
    return UART0_STATE & UART_RX_FULL;
}

uint32_t machine_ticks(void) {
    return FPGAIO_COUNTER;
}

uint32_t machine_clock(void) {
    return FPGAIO_COUNTER;
}

// In a memory of its own, which is this machine's RAM for QEMU: it can be a file there, which outlives the emulator.
uint8_t *machine_disk(void) {
    return (uint8_t *)DISK_AT;
}

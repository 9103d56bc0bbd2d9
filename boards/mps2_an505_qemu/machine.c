// SPDX-License-Identifier: MIT
// Arm's MPS2 with AN505: a counter of 20 MHz for both clocks, under -icount shift=8 5.12 counts an instruction.
// The port's uart.c does not know its UART: that is here as well.
#include "../qemu_common/machine.h"
#include "ports/qemu/uart.h"

#define FPGAIO_COUNTER REG(0x50302018)
#define UART0_DATA REG(0x50200000)
#define UART0_STATE REG(0x50200004)
#define UART0_CTRL REG(0x50200008)
#define UART0_INTSTATUS REG(0x5020000c)
#define UART0_BAUDDIV REG(0x50200010)
#define UART_TX_FULL (1u << 0)         // STATE
#define UART_RX_FULL (1u << 1)         // STATE
#define UART_TX_ENABLE (1u << 0)       // CTRL
#define UART_RX_ENABLE (1u << 1)       // CTRL
#define UART_RX_INTERRUPT (1u << 3)    // CTRL
#define UART_RX_INTERRUPTED (1u << 1)  // INTSTATUS: stays until it is written
#define UART_LEAST_DIVISOR (16)

const uint32_t machine_rx_irq = 32;
const uint32_t machine_clock_per_us = 20;

void uart_init(void) {
    UART0_BAUDDIV = UART_LEAST_DIVISOR;
    UART0_CTRL = UART_TX_ENABLE | UART_RX_ENABLE;
}

int uart_rx_chr(void) {
    return UART0_STATE & UART_RX_FULL ? (int)UART0_DATA : UART_RX_NO_CHAR;
}

void uart_tx_strn(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        while (UART0_STATE & UART_TX_FULL) {
        }
        UART0_DATA = (uint8_t)text[i];
    }
}

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

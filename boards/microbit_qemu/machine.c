// SPDX-License-Identifier: MIT
// nRF51: TIMER0 at 16 MHz, TIMER1 at 1 MHz; under -icount shift=8 an instruction lasts 256 ns, 4.096 counts of TIMER0.
#include "../qemu_common/machine.h"

#define TIMER0 (0x40008000)
#define TIMER1 (0x40009000)
#define TIMER_START(timer) REG((timer) + 0x000)
#define TIMER_CAPTURE0(timer) REG((timer) + 0x040)
#define TIMER_BITMODE(timer) REG((timer) + 0x508)
#define TIMER_PRESCALER(timer) REG((timer) + 0x510)
#define TIMER_CC0(timer) REG((timer) + 0x540)
#define TIMER_32_BITS (3)
#define UART_RXDRDY REG(0x40002108)
#define UART_INTENSET REG(0x40002304)
#define UART_INTENSET_RXDRDY (1u << 2)

const uint32_t machine_rx_irq = 2;
const uint32_t machine_clock_per_us = 1;

static void start_timer(uintptr_t timer, uint32_t prescaler) {
    TIMER_BITMODE(timer) = TIMER_32_BITS;
    TIMER_PRESCALER(timer) = prescaler;
    TIMER_START(timer) = 1;
}

static uint32_t read_timer(uintptr_t timer) {
    TIMER_CAPTURE0(timer) = 1;
    return TIMER_CC0(timer);
}

void machine_init(void) {
    start_timer(TIMER0, 0);
    start_timer(TIMER1, 4);
    UART_INTENSET = UART_INTENSET_RXDRDY;
}

bool machine_byte_waiting(void) {
    return UART_RXDRDY;
}

uint32_t machine_ticks(void) {
    return read_timer(TIMER0);
}

uint32_t machine_clock(void) {
    return read_timer(TIMER1);
}

// SPDX-License-Identifier: MIT
// STM32F405: QEMU runs TIM2 and TIM5 at 1 GHz of virtual time; under -icount shift=0 one count of TIM2 is one instruction executed.
#include "../qemu_common/machine.h"

#define TIM2_CR1 REG(0x40000000)
#define TIM2_CNT REG(0x40000024)
#define TIM5_CR1 REG(0x40000c00)
#define TIM5_CNT REG(0x40000c24)
#define TIM5_PSC REG(0x40000c28)
#define USART1_SR REG(0x40011000)
#define USART1_CR1 REG(0x4001100c)
#define USART_RXNE (1u << 5)  // SR: byte waiting; CR1: interrupt for it

const uint32_t machine_rx_irq = 37;
const uint32_t machine_clock_per_us = 1;

void machine_init(void) {
    TIM2_CR1 = 1;
    TIM5_CR1 = 1;
    TIM5_PSC = 999;
    USART1_CR1 |= USART_RXNE;
}

bool machine_byte_waiting(void) {
    return USART1_SR & USART_RXNE;
}

uint32_t machine_ticks(void) {
    return TIM2_CNT;
}

uint32_t machine_clock(void) {
    return TIM5_CNT;
}

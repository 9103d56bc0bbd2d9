// SPDX-License-Identifier: MIT
// STM32F405: QEMU runs TIM2 and TIM5 at 1 GHz of virtual time. Under -icount shift=0 a count of TIM2 is an instruction.
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

// The flash disk takes 64 KB that the heap does not use. From QEMU 8 on they are where the chip has them, before it
// behind the other 128 KB.
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

uint8_t *machine_disk(void) {
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

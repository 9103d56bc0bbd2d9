// SPDX-License-Identifier: MIT
// Cortex-M: vector table, FPU, semihosting.
#include "start.h"

#define CPACR (*(volatile uint32_t *)0xe000ed88)

extern uint32_t _stack[];

uint32_t start_semihost(uint32_t operation, const void *parameter) {
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = parameter;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

_Noreturn void start(void) {
#if defined(__ARM_FP)
    CPACR |= 0xfu << 20;
    __asm volatile("dsb\n isb");
#endif
    machine_start();
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    _stack,
    (const void *)start,
    (const void *)machine_fault,
    (const void *)machine_fault,
    (const void *)machine_fault,
    (const void *)machine_fault,
};

// SPDX-License-Identifier: MIT
// RISC-V in its machine mode: start at the first address of the flash, traps, semihosting.
#include "start.h"

uint32_t start_semihost(uint32_t operation, const void *parameter) {
    register uint32_t a0 __asm("a0") = operation;
    register const void *a1 __asm("a1") = parameter;
    __asm volatile(  // three instructions of full length, in one page
        ".option push\n"
        ".option norvc\n"
        ".balign 16\n"
        "slli zero, zero, 0x1f\n"
        "ebreak\n"
        "srai zero, zero, 7\n"
        ".option pop\n"
        : "+r"(a0)
        : "r"(a1)
        : "memory");
    return a0;
}

__attribute__((aligned(4))) static _Noreturn void trap(void) {
    machine_fault();
}

__attribute__((section(".vectors"), naked)) void start(void) {
    __asm volatile("la sp, _stack\n csrw mtvec, %0\n tail machine_start" ::"r"(trap));
}

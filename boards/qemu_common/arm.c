// SPDX-License-Identifier: MIT
// Cortex-M: the FPU, sleep by the NVIC, reset.
#include "core.h"
#include "machine.h"

#define AIRCR REG(0xe000ed0c)
#define AIRCR_SYSRESETREQ (0x05fa0004)
#define CPACR REG(0xe000ed88)
#define NVIC_ENABLE (0xe000e100)
#define NVIC_DISABLE (0xe000e180)
#define NVIC_CLEAR (0xe000e280)

void core_init(void) {
#if defined(__ARM_FP)
    CPACR |= 0xfu << 20;
    __asm volatile("dsb\n isb");
#endif
}

void core_wait(bool (*ready)(void)) {
    const uint32_t word = machine_rx_irq / 32 * 4, bit = 1u << machine_rx_irq % 32;
    __asm volatile("cpsid i");
    REG(NVIC_ENABLE + word) = bit;
    if (!ready()) {
        __asm volatile("wfi");
    }
    REG(NVIC_DISABLE + word) = bit;
    REG(NVIC_CLEAR + word) = bit;
    __asm volatile("cpsie i");
}

// The port's start and exit go by semihosting, a way to the host that our boards do not have: an exit resets the board.
void __wrap_mp_semihosting_init(void) {
}
void __wrap_mp_semihosting_exit(int status) {
    (void)status;
    AIRCR = AIRCR_SYSRESETREQ;
    __asm volatile("dsb");
}

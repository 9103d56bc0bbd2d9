// SPDX-License-Identifier: MIT
// RISC-V in its machine mode: initialised data, sleep by the PLIC, reset. Its addresses are those of QEMU's virt.
#include <string.h>

#include "core.h"
#include "machine.h"

#define PLIC_PRIORITY(irq) REG(0x0c000000 + 4 * (irq))
#define PLIC_ENABLE(irq) REG(0x0c002000 + (irq) / 32 * 4)
#define PLIC_CLAIM REG(0x0c200004)
#define MIE_MEIE (1u << 11)
#define TEST_FINISHER REG(0x00100000)
#define TEST_RESET (0x7777)

extern uint8_t _sidata[], _sdata[], _edata[];  // of board.ld

void core_init(void) {
    memcpy(_sdata, _sidata, (size_t)(_edata - _sdata));
    PLIC_PRIORITY(machine_rx_irq) = 1;
    PLIC_ENABLE(machine_rx_irq) = 1u << machine_rx_irq % 32;
}

void core_wait(bool (*ready)(void)) {
    __asm volatile("csrci mstatus, 8\n csrs mie, %0" ::"r"(MIE_MEIE));
    PLIC_CLAIM = PLIC_CLAIM;  // an interrupt of before stays pending until it is claimed and completed
    if (!ready()) {
        __asm volatile("wfi");
    }
    __asm volatile("csrc mie, %0\n csrsi mstatus, 8" ::"r"(MIE_MEIE));
}

// The port's exit goes by semihosting, a way to the host that our boards do not have: an exit resets the board.
void __wrap_exit(int status) {
    (void)status;
    TEST_FINISHER = TEST_RESET;
    for (;;) {
    }
}

// SPDX-License-Identifier: MIT
// What hal.c needs to know of a core that QEMU emulates: arm.c says it of Cortex-M, rv32.c of RISC-V.
#ifndef QEMU_COMMON_CORE_H
#define QEMU_COMMON_CORE_H

#include <stdbool.h>

// Does what the port's start-up leaves undone. It is called first of all.
void core_init(void);

// Sleeps until the interrupt of a byte that waits at the UART, unless `ready` says that there is no need to. Interrupts
// are masked from before it is asked: a pending one wakes the core, so that no handler is needed.
void core_wait(bool (*ready)(void));

#endif

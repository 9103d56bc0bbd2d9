// SPDX-License-Identifier: MIT
// How a kind of core starts and speaks to its emulator: start_arm.c has it of Cortex-M, start_rv32.c of RISC-V.
#ifndef BENCH_START_H
#define BENCH_START_H

#include <stdint.h>

// An operation of semihosting. Returns what it answers.
uint32_t start_semihost(uint32_t operation, const void *parameter);

// Where a core goes once it has a stack, and when it meets a fault: machine.c has both.
_Noreturn void machine_start(void);
_Noreturn void machine_fault(void);

#endif

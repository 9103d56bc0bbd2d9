// SPDX-License-Identifier: MIT
// What a bare core of the bench has: a start, a counter, a line to print to and an end, all by semihosting but the counter.
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdint.h>

// Instructions (QEMU with -icount) or cycles (RP2040) so far, in counts of COUNTS_PER_1000 / 1000 each.
uint32_t machine_count(void);

void machine_print(const char *text);

// A space, and the number.
void machine_print_number(uint32_t value);

_Noreturn void machine_exit(void);

#endif

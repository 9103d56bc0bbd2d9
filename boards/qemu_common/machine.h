// SPDX-License-Identifier: MIT
// What hal.c and disk.c need to know of a machine that QEMU emulates. A board's machine.c says it, or a file here that
// several boards share.
#ifndef QEMU_COMMON_MACHINE_H
#define QEMU_COMMON_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))

// The interrupt of a byte that waits at the UART: its number at the NVIC, or at the PLIC of RISC-V.
extern const uint32_t machine_rx_irq;

// Counts of machine_clock in a microsecond.
extern const uint32_t machine_clock_per_us;

// Starts the counters, and lets a byte that waits ask for the interrupt. The UART runs already.
void machine_init(void);

bool machine_byte_waiting(void);

// What time.ticks_cpu() gives. With -icount the counts of an instruction are ticks_per_instruction of board.toml.
uint32_t machine_ticks(void);

// The time of day: it comes round after 2^32 counts.
uint32_t machine_clock(void);

// Where the flash disk is: DISK_BLOCKS of DISK_BLOCK bytes that outlive a reset. disk.c gives a part of the RAM to a
// machine that has no function of its own.
uint8_t *machine_disk(void);

// Copy n bytes from byte `at` of the flash disk, and to it. disk.c has them for a disk in memory, where machine_disk is.
void machine_disk_read(uint32_t at, uint8_t *to, uint32_t n);
void machine_disk_write(uint32_t at, const uint8_t *from, uint32_t n);

#endif

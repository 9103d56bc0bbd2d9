# SPDX-License-Identifier: MIT
# What all boards emulated by QEMU share: included at the end of a board's mpconfigboard.mk. STOCK=1 leaves Deeplomath out.
# The board may set RAM_START, where its RAM begins; MACHINE, the file that knows its UART and its clocks (machine.h);
# DISK_BLOCK and DISK_BLOCKS, the size of its flash disk; DRIVE, the file that reaches a disk that is not in its memory;
# QEMU_ARCH, riscv32 where the core is no Cortex-M.
QEMU_COMMON := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

QEMU_ARCH ?= arm
RAM_START ?= 0x20000000
DISK_BLOCK ?= 4096
DISK_BLOCKS ?= 64
MACHINE ?= boards/$(BOARD)/machine.c
AFLAGS += $(filter -mcpu=% -misa-spec=%,$(CPU))
CFLAGS += $(CPU) -DMP_CONFIGFILE='"$(QEMU_COMMON)/mpconfigqemu.h"'
CFLAGS += -DDISK_BLOCK=$(DISK_BLOCK) -DDISK_BLOCKS=$(DISK_BLOCKS)
LDFLAGS += $(CPU)
LDFLAGS += $(foreach symbol,FLASH_START FLASH_SIZE RAM_START RAM_SIZE,-Wl,--defsym=$(symbol)=$($(symbol)))
WRAPPED = uart_init mp_init mp_hal_stdin_rx_chr mp_hal_stdio_poll $(WRAPPED_$(QEMU_ARCH))
LDFLAGS += $(foreach function,$(WRAPPED),-Wl,--wrap=$(function))
LDSCRIPT = $(QEMU_COMMON)/board.ld
SRC_BOARD_O = shared/runtime/gchelper_native.o shared/runtime/gchelper_$(GCHELPER_$(QEMU_ARCH)).o

# What differs by the kind of core.
CORE_arm = arm.c
GCHELPER_arm = $(THUMB)
WRAPPED_arm = mp_semihosting_init mp_semihosting_exit
CORE_riscv32 = rv32.c
GCHELPER_riscv32 = rv32i
WRAPPED_riscv32 = exit
LDFLAGS_riscv32 = -nostartfiles -Wl,--entry=start
LDFLAGS += $(LDFLAGS_$(QEMU_ARCH))

vpath boards/%.c $(QEMU_COMMON)/../..
SRC_C += boards/qemu_common/hal.c boards/qemu_common/disk.c boards/qemu_common/$(CORE_$(QEMU_ARCH)) $(MACHINE) $(DRIVE)
MPY_CROSS_FLAGS += -march=$(NATIVE_ARCH)
MICROPY_VFS_LFS2 = 1
FROZEN_MANIFEST = $(QEMU_COMMON)/$(if $(STOCK),manifest_stock.py,manifest.py)

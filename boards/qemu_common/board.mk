# SPDX-License-Identifier: MIT
# What all boards emulated by QEMU share: included at the end of a board's mpconfigboard.mk, with RAMDISK_SIZE set.
QEMU_COMMON := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

CFLAGS += -DMP_CONFIGFILE='"$(QEMU_COMMON)/mpconfigqemu.h"'
LDFLAGS += -Wl,--defsym=RAMDISK_SIZE=$(RAMDISK_SIZE)
LDFLAGS += $(foreach function,uart_init mp_init mp_hal_stdin_rx_chr mp_hal_stdio_poll,-Wl,--wrap=$(function))
SRC_C += boards/qemu_common/hal.c
MICROPY_VFS_LFS2 = 1
FROZEN_MANIFEST = $(QEMU_COMMON)/manifest.py

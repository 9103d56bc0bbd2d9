# SPDX-License-Identifier: MIT
# Arm MPS2 with AN385, Cortex-M3, as QEMU's mps2-an385: a board of MicroPython's ports/qemu, out of its tree.
QEMU_MACHINE = mps2-an385
CPU = -mthumb -mcpu=cortex-m3 -mfloat-abi=soft
CFLAGS += -DQEMU_SOC_MPS2 -DDISK_AT=0x21000000 -DMICROPY_HW_MCU_NAME='"Cortex-M3"'
MACHINE = boards/qemu_common/mps2.c
THUMB = thumb2
NATIVE_ARCH = armv7m
FLASH_START = 0
FLASH_SIZE = 0x400000
RAM_SIZE = 0x400000
MICROPY_HEAP_SIZE = 262144
include $(BOARD_DIR)/../qemu_common/board.mk

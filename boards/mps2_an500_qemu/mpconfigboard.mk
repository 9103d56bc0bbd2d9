# SPDX-License-Identifier: MIT
# Arm MPS2 with AN500, Cortex-M7F, as QEMU's mps2-an500: a board of MicroPython's ports/qemu, out of its tree.
QEMU_MACHINE = mps2-an500
CPU = -mthumb -mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard
CFLAGS += -DQEMU_SOC_MPS2 -DDISK_AT=0x60000000 -DMICROPY_HW_MCU_NAME='"Cortex-M7F"'
MACHINE = boards/qemu_common/mps2.c
THUMB = thumb2
NATIVE_ARCH = armv7emdp
FLASH_START = 0
FLASH_SIZE = 0x400000
RAM_SIZE = 0x400000
MICROPY_HEAP_SIZE = 262144
include $(BOARD_DIR)/../qemu_common/board.mk

# SPDX-License-Identifier: MIT
# nRF51, Cortex-M0, as QEMU's microbit with more flash and RAM than a real one: a board of MicroPython's ports/qemu, out of its tree.
QEMU_MACHINE = microbit
CPU = -mthumb -mcpu=cortex-m0 -mfloat-abi=soft
CFLAGS += -DQEMU_SOC_NRF51 -DMICROPY_HW_MCU_NAME='"nRF51"'
THUMB = thumb1
NATIVE_ARCH = armv6m
FLASH_START = 0
FLASH_SIZE = 0x100000
RAM_SIZE = 0x80000
MICROPY_HEAP_SIZE = 229376
include $(BOARD_DIR)/../qemu_common/board.mk

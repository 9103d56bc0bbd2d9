# SPDX-License-Identifier: MIT
# Arm MPS2 with AN505, Cortex-M33 with DSP and FPU, as QEMU's mps2-an505: a board of ports/qemu, out of its tree.
# The core starts in its secure state: code in SSRAM1, data in SSRAM2 and 3, all by their secure addresses.
QEMU_MACHINE = mps2-an505
CPU = -mthumb -mcpu=cortex-m33 -mfpu=fpv5-sp-d16 -mfloat-abi=hard
CFLAGS += -DMICROPY_HW_MCU_NAME='"Cortex-M33"'
# Not thumb2: that file says .cpu cortex-m4, and the linker refuses it beside a core of Armv8-M.
THUMB = thumb1
NATIVE_ARCH = armv7emsp
FLASH_START = 0x10000000
FLASH_SIZE = 0x400000
RAM_START = 0x38000000
RAM_SIZE = 0x400000
MICROPY_HEAP_SIZE = 262144
include $(BOARD_DIR)/../qemu_common/board.mk

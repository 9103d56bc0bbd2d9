# SPDX-License-Identifier: MIT
# STM32F405, Cortex-M4F, as QEMU's netduinoplus2: a board of MicroPython's ports/qemu, out of its tree.
QEMU_MACHINE = netduinoplus2
CPU = -mthumb -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard
CFLAGS += -DQEMU_SOC_STM32 -DMICROPY_HW_MCU_NAME='"STM32F405"'
THUMB = thumb2
NATIVE_ARCH = armv7emsp
FLASH_START = 0x08000000
FLASH_SIZE = 0x100000
RAM_SIZE = 0x20000
MICROPY_HEAP_SIZE = 117760
DISK_BLOCK = 512
DISK_BLOCKS = $(if $(STOCK),224,128)
DRIVE = $(if $(STOCK),boards/stm32f405_qemu/drive.c)
include $(BOARD_DIR)/../qemu_common/board.mk

# SPDX-License-Identifier: MIT
# STM32F405, Cortex-M4F, as QEMU's netduinoplus2: a board of MicroPython's ports/qemu, out of its tree.
QEMU_ARCH = arm
QEMU_MACHINE = netduinoplus2
CPU = -mthumb -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard
CFLAGS += $(CPU) -DQEMU_SOC_STM32 -DMICROPY_HW_MCU_NAME='"STM32F405"'
LDFLAGS += $(CPU)
LDSCRIPT = $(BOARD_DIR)/stm32f405.ld
SRC_BOARD_O = shared/runtime/gchelper_native.o shared/runtime/gchelper_thumb2.o
MPY_CROSS_FLAGS += -march=armv7emsp
MICROPY_HEAP_SIZE = 101376
RAMDISK_SIZE = 0x4000
include $(BOARD_DIR)/../qemu_common/board.mk

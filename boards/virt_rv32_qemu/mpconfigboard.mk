# SPDX-License-Identifier: MIT
# RV32IMC, as QEMU's virt: a board of MicroPython's ports/qemu, out of its tree. -misa-spec=2.2 has the CSRs in RV32I, as
# it was before Zicsr had a name: gcc 12 of Debian has no libraries for rv32imc_zicsr, and takes those of RV64 instead.
QEMU_ARCH = riscv32
QEMU_MACHINE = virt
RV32_ARCH = rv32imc
CPU = -misa-spec=2.2
CFLAGS += -DQEMU_SOC_VIRT -DMICROPY_HW_MCU_NAME='"RV32IMC"'
NATIVE_ARCH = rv32imc
FLASH_START = 0x80000000
FLASH_SIZE = 0x400000
RAM_START = 0x80400000
RAM_SIZE = 0x400000
MICROPY_HEAP_SIZE = 262144
include $(BOARD_DIR)/../qemu_common/board.mk

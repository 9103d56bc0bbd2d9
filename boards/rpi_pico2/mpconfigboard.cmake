# SPDX-License-Identifier: MIT
# Raspberry Pi Pico 2 on its Arm cores: RPI_PICO2 of MicroPython's ports/rp2.
set(PICO_PLATFORM rp2350)
set(PORT_BOARD RPI_PICO2)
include(${MICROPY_BOARD_DIR}/../rp2_common/board.cmake)

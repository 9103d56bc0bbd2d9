# SPDX-License-Identifier: MIT
# Raspberry Pi Pico: RPI_PICO of MicroPython's ports/rp2.
set(PORT_BOARD RPI_PICO)
include(${MICROPY_BOARD_DIR}/../rp2_common/board.cmake)

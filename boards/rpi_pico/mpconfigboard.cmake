# SPDX-License-Identifier: MIT
# Raspberry Pi Pico: MicroPython's own RPI_PICO of ports/rp2, with our frozen files where our module is compiled in too.
# A source without its submodules (Debian's) gets TinyUSB from the Pico SDK, and does without mbedtls and micropython-lib.
include(${MICROPY_PORT_DIR}/boards/RPI_PICO/mpconfigboard.cmake)
set(GEN_PINS_BOARD_CSV ${MICROPY_PORT_DIR}/boards/RPI_PICO/pins.csv)
set(GEN_PINS_CSV_ARG --board-csv ${GEN_PINS_BOARD_CSV})

set(MICROPY_MANIFEST_PORT_MANIFEST ${MICROPY_PORT_DIR}/boards/manifest.py)
if(NOT EXISTS ${MICROPY_DIR}/lib/micropython-lib/README.md)
    set(MICROPY_LIB_DIR ${MICROPY_DIR}) # has the README.md that is looked for
    set(MICROPY_MANIFEST_PORT_MANIFEST ${MICROPY_BOARD_DIR}/manifest_no_lib.py)
endif()
set(MICROPY_FROZEN_MANIFEST ${MICROPY_MANIFEST_PORT_MANIFEST})
if(USER_C_MODULES)
    set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
endif()

if(NOT EXISTS ${MICROPY_DIR}/lib/tinyusb/src)
    set(PICO_TINYUSB_PATH ${PICO_SDK_PATH}/lib/tinyusb)
endif()

if(NOT EXISTS ${MICROPY_DIR}/lib/mbedtls/include)
    list(APPEND MICROPY_DEF_BOARD MP_CONFIGFILE="${MICROPY_BOARD_DIR}/mpconfig_no_mbedtls.h")
    cmake_language(DEFER CALL set_target_properties micropy_lib_mbedtls PROPERTIES INTERFACE_SOURCES "")
endif()

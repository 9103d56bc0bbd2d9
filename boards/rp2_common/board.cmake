# SPDX-License-Identifier: MIT
# What the boards of ports/rp2 share: MicroPython's own board PORT_BOARD, with our frozen files where our module is
# compiled in too. A source without its submodules (Debian's) gets TinyUSB from the Pico SDK, and does without mbedtls and
# micropython-lib.
set(RP2_COMMON ${CMAKE_CURRENT_LIST_DIR})
include(${MICROPY_PORT_DIR}/boards/${PORT_BOARD}/mpconfigboard.cmake)
set(GEN_PINS_BOARD_CSV ${MICROPY_PORT_DIR}/boards/${PORT_BOARD}/pins.csv)
set(GEN_PINS_CSV_ARG --board-csv ${GEN_PINS_BOARD_CSV})

set(MICROPY_MANIFEST_PORT_MANIFEST ${MICROPY_PORT_DIR}/boards/manifest.py)
if(NOT EXISTS ${MICROPY_DIR}/lib/micropython-lib/README.md)
    set(MICROPY_LIB_DIR ${MICROPY_DIR}) # has the README.md that is looked for
    set(MICROPY_MANIFEST_PORT_MANIFEST ${RP2_COMMON}/manifest_no_lib.py)
endif()
set(MICROPY_FROZEN_MANIFEST ${MICROPY_MANIFEST_PORT_MANIFEST})
if(USER_C_MODULES)
    set(MICROPY_FROZEN_MANIFEST ${RP2_COMMON}/manifest.py)
endif()

if(NOT EXISTS ${MICROPY_DIR}/lib/tinyusb/src)
    set(PICO_TINYUSB_PATH ${PICO_SDK_PATH}/lib/tinyusb)
endif()

if(NOT EXISTS ${MICROPY_DIR}/lib/mbedtls/include)
    list(APPEND MICROPY_DEF_BOARD MP_CONFIGFILE="${RP2_COMMON}/mpconfig_no_mbedtls.h")
    cmake_language(DEFER CALL set_target_properties micropy_lib_mbedtls PROPERTIES INTERFACE_SOURCES "")
endif()

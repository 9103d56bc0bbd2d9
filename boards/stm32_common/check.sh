#!/bin/sh -e
# SPDX-License-Identifier: MIT
# check.sh BOARD MICROPYTHON BUILD MPY_CROSS: shows how much of an image of ports/stm32 is right without ST's HAL, and what not.
board=$1 micropython=$2 build=$3 mpy_cross=$4
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
port_board=$(echo "$board" | tr '[:lower:]' '[:upper:]')
port=$micropython/ports/stm32

# ST's headers are stood in for by two with only what MicroPython's configuration asks of them.
chip=$(sed -n 's/^CMSIS_MCU = *//p' "$port/boards/$port_board/mpconfigboard.mk" | tr '[:upper:]' '[:lower:]')
mkdir -p "$build/cmsis/Include" "$build/hal/Inc"
: >"$build/cmsis/Include/$chip.h"
printf "#include <stdint.h>\n#define STM32F4\n" >"$build/hal/Inc/stm32f4xx_hal.h"

make -C "$port" -f "$here/check.mk" -j"${JOBS:-1}" check BOARD="$port_board" BUILD="$build" USER_C_MODULES="$top" \
    FROZEN_MANIFEST="$top/firmware/manifest.py" MICROPY_MPYCROSS="$mpy_cross" MICROPY_MPYCROSS_DEPENDENCY= \
    STM32LIB_CMSIS_ABS="$build/cmsis" STM32LIB_HAL_ABS="$build/hal" >"$build.log" 2>&1 || { tail -n 40 "$build.log"; exit 1; }

echo "$board: makefiles parse, module and MicroPython's core compile with the flags of ports/stm32 for $port_board"
if [ -s "$build/undefined.txt" ]; then
    echo "$board: the module needs what MicroPython does not have:" $(cat "$build/undefined.txt") >&2
    exit 1
fi
echo "$board: the module links, every name it needs is there; $(arm-none-eabi-size "$build/module.o" | awk 'NR == 2 { print $1 }') bytes of code"
echo "$board: the device files freeze; $(arm-none-eabi-size "$build/frozen_content.o" | awk 'NR == 2 { print $1 + $2 }') bytes"
echo "SKIP $board: drivers, USB, linking the image and its size: ST's HAL is not here (lib/stm32lib of a MicroPython checkout)"
echo "SKIP $board: the port's own frozen modules: micropython-lib is not here (lib/micropython-lib of a checkout)"
echo "SKIP $board: running it: no such board is here; the same module runs on the emulated STM32F405"

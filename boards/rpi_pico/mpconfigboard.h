// SPDX-License-Identifier: MIT
// MicroPython's own configuration of the Raspberry Pi Pico.
#include "boards/RPI_PICO/mpconfigboard.h"

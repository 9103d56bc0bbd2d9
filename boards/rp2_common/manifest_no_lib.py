# SPDX-License-Identifier: MIT
# What the port freezes, but for the drivers from micropython-lib, which Debian's source of MicroPython does not have.
freeze("$(PORT_DIR)/modules")
include("$(MPY_DIR)/extmod/asyncio")

# SPDX-License-Identifier: MIT
# Frozen into an STM32 image: what the port has, and the device files.
include("$(PORT_DIR)/boards/manifest.py")
include("../../firmware/manifest.py")

# SPDX-License-Identifier: MIT
# Frozen into the firmware: what the port freezes, and Deeplomath's service.
include("$(PORT_MANIFEST)")
freeze("../../firmware/device")

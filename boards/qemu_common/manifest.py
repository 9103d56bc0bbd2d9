# SPDX-License-Identifier: MIT
# Frozen into every emulated board: its start-up script and Deeplomath's service.
include("manifest_stock.py")
freeze("../../firmware/device")

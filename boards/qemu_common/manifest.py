# SPDX-License-Identifier: MIT
# Frozen into every emulated board: its start-up script and Deeplomath's service.
freeze("frozen")
freeze("../../firmware/device")

# SPDX-License-Identifier: MIT
# Frozen into an emulated board that knows nothing of Deeplomath: its start-up script.
freeze("frozen")

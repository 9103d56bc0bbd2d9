# SPDX-License-Identifier: MIT
"""Model files: a text that says what a device is to learn from, and the program and configuration that it compiles to."""

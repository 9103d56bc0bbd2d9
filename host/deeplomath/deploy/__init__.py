# SPDX-License-Identifier: MIT
"""Module and service put on a board that runs stock MicroPython, and proved there."""

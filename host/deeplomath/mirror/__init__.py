# SPDX-License-Identifier: MIT
"""The kernel in NumPy, stem for stem the files of firmware/kernel; network.py is the face."""

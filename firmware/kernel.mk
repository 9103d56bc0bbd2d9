# SPDX-License-Identifier: MIT
# How the kernel is compiled for boards, whoever compiles it: MicroPython builds for size, the inner loops are worth their speed.
# One file's choice goes below, as in: %/dlm_state.o: KERNEL_CFLAGS = -Os
KERNEL_CFLAGS = -O2

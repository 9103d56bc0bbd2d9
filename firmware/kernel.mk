# SPDX-License-Identifier: MIT
# How the kernel is compiled for boards, whoever compiles it: MicroPython builds for size, the inner loops are worth their speed.
KERNEL_CFLAGS = -O2
%/dlm_contour.o %/dlm_features.o %/dlm_memory.o %/dlm_state.o: KERNEL_CFLAGS = -Os

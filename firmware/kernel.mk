# SPDX-License-Identifier: MIT
# How the kernel is compiled for boards, whoever compiles it. It is small at -Os; its sums of products, in C where a core has no
# instructions for them, are worth more.
KERNEL_CFLAGS = -Os
%/dlm_dot.o: KERNEL_CFLAGS = -O2

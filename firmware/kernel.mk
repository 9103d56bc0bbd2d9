# SPDX-License-Identifier: MIT
# How the kernel is compiled for boards, whoever compiles it: small (gcc 12's forward propagation costs 160 bytes of a Cortex-M0's 16 KB,
# and instructions); its sums of products, in C where a core has no instructions for them, are worth more.
KERNEL_CFLAGS = -Os -fno-tree-forwprop
%/dlm_dot.o: KERNEL_CFLAGS = -O2

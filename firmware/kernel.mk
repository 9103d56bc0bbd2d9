# SPDX-License-Identifier: MIT
# How the kernel and what it shares (common) are compiled for boards, whoever compiles them: small (gcc 12's forward propagation costs 160 bytes of a Cortex-M0's 16 KB,
# and instructions); its sums of products, in C where a core has no instructions for them, are worth more.
KERNEL_CFLAGS = -Os -fno-tree-forwprop
%/dlm_dot.o: KERNEL_CFLAGS = -O2
# Bytes that the code of common and kernel may take on any core.
KERNEL_BYTES = 16384

# SPDX-License-Identifier: MIT
# How the kernel, and what it shares (common), is compiled for boards, whoever compiles it. It is compiled for size.
# Without forward propagation and six other passes of gcc it takes 300 bytes less of a Cortex-M0, and fewer
# instructions. dlm_dot.c alone is compiled for speed: it has the sums of products, where most of the time goes on a
# core without instructions for them.
KERNEL_CFLAGS = -Os -fno-tree-forwprop -fno-tree-vrp -fno-schedule-insns2 -fno-tree-dominator-opts -fno-ipa-sra -fno-move-loop-invariants -fno-tree-scev-cprop
%/dlm_dot.o: KERNEL_CFLAGS = -O2
# Bytes that the code of common and kernel may take on any Cortex-M, and on RISC-V, whose instructions do less.
KERNEL_BYTES = 18432
KERNEL_BYTES_RV32 = 23552

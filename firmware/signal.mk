# SPDX-License-Identifier: MIT
# How the signal library is compiled for boards, and the bytes that its code may take on any Cortex-M and on RISC-V; its
# twin is kernel.mk.
SIGNAL_CFLAGS = -Os -fno-tree-loop-optimize -fno-move-loop-invariants
SIGNAL_BYTES = 8448
SIGNAL_BYTES_RV32 = 10240

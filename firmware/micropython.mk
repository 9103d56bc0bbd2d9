# SPDX-License-Identifier: MIT
# Compiles kernel and binding into a MicroPython firmware of a port that is built by make; its twin is micropython.cmake.
DEEPLOMATH_DIR := $(USERMOD_DIR)
SRC_USERMOD_C += $(wildcard $(DEEPLOMATH_DIR)/binding/*.c)
SRC_USERMOD_LIB_C += $(sort $(wildcard $(DEEPLOMATH_DIR)/kernel/*.c))
CFLAGS_USERMOD += -I$(DEEPLOMATH_DIR)/kernel

# The kernel is small at -Os; its sums of products, in C where a core has no DSP instructions, are worth more.
$(BUILD)/$(notdir $(DEEPLOMATH_DIR))/kernel/%.o: CFLAGS += -Os
$(BUILD)/$(notdir $(DEEPLOMATH_DIR))/kernel/dlm_dot.o: CFLAGS += -O2

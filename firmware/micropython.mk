# SPDX-License-Identifier: MIT
# Compiles kernel and binding into a MicroPython firmware of a port that is built by make; its twin is micropython.cmake.
DEEPLOMATH_DIR := $(USERMOD_DIR)
SRC_USERMOD_C += $(wildcard $(DEEPLOMATH_DIR)/binding/*.c)
SRC_USERMOD_LIB_C += $(sort $(wildcard $(DEEPLOMATH_DIR)/kernel/*.c))
CFLAGS_USERMOD += -I$(DEEPLOMATH_DIR)/kernel

include $(DEEPLOMATH_DIR)/kernel.mk
$(BUILD)/$(notdir $(DEEPLOMATH_DIR))/kernel/%.o: CFLAGS += $(KERNEL_CFLAGS)

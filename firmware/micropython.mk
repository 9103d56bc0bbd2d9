# SPDX-License-Identifier: MIT
# Compiles libraries and binding into a MicroPython firmware of a port that is built by make; its twin is
# micropython.cmake.
DEEPLOMATH_DIR := $(USERMOD_DIR)
DEEPLOMATH_LIBRARIES := common kernel signal
SRC_USERMOD_C += $(sort $(wildcard $(DEEPLOMATH_DIR)/binding/*.c))
SRC_USERMOD_LIB_C += $(sort $(foreach folder,$(DEEPLOMATH_LIBRARIES),$(wildcard $(DEEPLOMATH_DIR)/$(folder)/*.c)))
CFLAGS_USERMOD += $(DEEPLOMATH_LIBRARIES:%=-I$(DEEPLOMATH_DIR)/%)

include $(DEEPLOMATH_DIR)/kernel.mk $(DEEPLOMATH_DIR)/signal.mk
DEEPLOMATH_BUILD := $(BUILD)/$(notdir $(DEEPLOMATH_DIR))
$(DEEPLOMATH_BUILD)/common/%.o $(DEEPLOMATH_BUILD)/kernel/%.o: CFLAGS += $(KERNEL_CFLAGS)
$(DEEPLOMATH_BUILD)/signal/%.o: CFLAGS += $(SIGNAL_CFLAGS)

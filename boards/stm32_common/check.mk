# SPDX-License-Identifier: MIT
# What can be made of ports/stm32 without ST's HAL, by the port's own rules: `make check-stm32` runs it in the port's folder.
include Makefile

module_objects := $(addprefix $(BUILD)/,$(SRC_USERMOD_PATHFIX_C:.c=.o) $(SRC_USERMOD_PATHFIX_LIB_C:.c=.o))
interpreter_objects := $(filter-out %/scheduler.o %/modmicropython.o,$(PY_CORE_O)) $(BUILD)/shared/libc/string0.o

# The port's mphalport.h needs the HAL; all of the core but two files needs only what py/mphal.h declares for any port.
CFLAGS += -DMICROPY_MPHALPORT_H='<stm32f4xx_hal.h>'

# Names are collected of what is compiled, not of the port's drivers.
SRC_QSTR := $(SRC_USERMOD_C) $(filter %.c,$(PY_CORE_O_BASENAME:py/%.o=$(TOP)/py/%.c))

check: $(BUILD)/module.o $(BUILD)/frozen_content.o $(BUILD)/undefined.txt

$(BUILD)/module.o: $(module_objects)
	$(LD) -r -o $@ $^

# What the module needs and neither MicroPython's core nor the compiler's library has.
$(BUILD)/undefined.txt: $(BUILD)/module.o $(interpreter_objects)
	$(CROSS_COMPILE)nm --undefined-only --format=just-symbols $< | sort -u >$(BUILD)/needed.txt
	$(CROSS_COMPILE)nm --defined-only --format=just-symbols $(interpreter_objects) $(LIBS) 2>/dev/null | sort -u >$(BUILD)/there.txt
	comm -23 $(BUILD)/needed.txt $(BUILD)/there.txt >$@

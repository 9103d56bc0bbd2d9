# SPDX-License-Identifier: MIT
# Sets up, builds and tests everything; `make help` lists the targets.

PYTHON ?= python3
BOARD ?= stm32f405_qemu
JOBS ?= $(shell nproc)
BUILD := build
VENV := .venv
RUN := $(VENV)/bin/python

MICROPYTHON_DIR ?= $(BUILD)/micropython-1.25.0
MICROPYTHON := $(abspath $(MICROPYTHON_DIR))
MPY_CROSS := $(BUILD)/mpy-cross/mpy-cross
UNIX := $(BUILD)/unix/micropython
UNIX_STOCK := $(BUILD)/unix_stock/micropython
F405 := $(BUILD)/stm32f405_qemu/firmware.elf
NATMOD_ARCH ?= armv6m armv7m armv7emsp armv7emdp x64
HOST_LIB := $(BUILD)/host/libdlm.so
ASAN_LIB := $(BUILD)/asan/libdlm.so

KERNEL := $(sort $(wildcard firmware/kernel/*.c))
KERNEL_H := $(wildcard firmware/kernel/*.h)
MODULE := $(KERNEL) $(KERNEL_H) $(wildcard firmware/binding/*) firmware/kernel.mk firmware/micropython.mk
DEVICE := $(wildcard firmware/device/*.py)
DEVICE_MPY := $(DEVICE:firmware/device/%.py=$(BUILD)/device/%.mpy)
C_FILES := $(wildcard firmware/*/*.[ch] boards/*/*.[ch] tests/*.c)

# What a board boots with the kernel compiled in, and what it takes for the loadable module on stock MicroPython.
natmod_of = $(1:%=$(BUILD)/natmod/%/deeplomath.mpy)
native_arch_of = $(shell sed -n 's/^native_arch = "\(.*\)"/\1/p' boards/$(1)/board.toml)
firmware_of = $(BUILD)/$(1)/firmware.elf
stock_of = $(BUILD)/$(1)_stock/firmware.elf $(call natmod_of,$(call native_arch_of,$(1))) $(DEVICE_MPY)

# The tiers of the suite, BOARDS of tests/conftest.py, and what each needs: TIER_f405 is of `make test-f405`.
TIER_unix = $(UNIX)
TIER_unix_mpy = $(UNIX_STOCK) $(call natmod_of,x64)
TIER_f405 = $(F405)
TIER_m0 = $(call firmware_of,microbit_qemu)
TIER_m3 = $(call firmware_of,mps2_an385_qemu)
TIER_m4 = $(call firmware_of,mps2_an386_qemu)
TIER_m7 = $(call firmware_of,mps2_an500_qemu)
TIER_f405_mpy = $(call stock_of,stm32f405_qemu)
TIER_m0_mpy = $(call stock_of,microbit_qemu)
TIER_m3_mpy = $(call stock_of,mps2_an385_qemu)
TIER_m7_mpy = $(call stock_of,mps2_an500_qemu)
TIERS := $(patsubst TIER_%,%,$(filter TIER_%,$(.VARIABLES)))

CFLAGS := -std=c99 -O2 -g -Wall -Wextra -Wconversion -pedantic -Werror
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all

# Where the tests look; tests/conftest.py has the same defaults.
export DEEPLOMATH_BUILD := $(abspath $(BUILD))

help: ## show this list
	@sed -n 's/^\([a-zA-Z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26
	@echo "TIER is one of: $(sort $(TIERS))"

demo: setup $(F405) ## boot the emulated board, let it learn real events, prove every digest
	$(VENV)/bin/deeplomath demo

## Tests

test: setup test-sanitize $(HOST_LIB) $(foreach tier,$(TIERS),$(TIER_$(tier))) ## set up and build all, then run all tests
	$(RUN) -m pytest -rs tests

test-host: setup $(HOST_LIB) ## the quick ones: mirror, and the kernel as a host library
	$(RUN) -m pytest -rs tests -m "not device"

test-TIER: ## those of one tier: MicroPython's unix port, an emulated board; _mpy: with the loadable module
	@echo "TIER is one of: $(sort $(TIERS))"

.SECONDEXPANSION:
$(TIERS:%=test-%): test-%: setup $$(TIER_$$*)
	$(RUN) -m pytest -rs tests -m $*

test-sanitize: setup $(ASAN_LIB) ## the kernel's, under the address and undefined behaviour sanitizers
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libstdc++.so)" ASAN_OPTIONS=detect_leaks=0 \
	DEEPLOMATH_LIBRARY=$(abspath $(ASAN_LIB)) $(RUN) -m pytest -rs tests -m kernel

bench-learning: $(VENV)/.bench ## measure the mirror beside its peers, on the same events; BENCH="--quick --part streams"
	PYTHONPATH=host OMP_NUM_THREADS=1 $(RUN) -m bench $(BENCH)

## What the tests and the demo run on

setup: $(VENV)/.done ## the Python environment in .venv

$(BUILD)/.packages-%: boards/setup/packages.sh
	@boards/setup/packages.sh $*
	@mkdir -p $(@D) && touch $@

$(VENV)/.done: host/requirements.txt host/pyproject.toml | $(BUILD)/.packages-host
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement host/requirements.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable host
	@touch $@

$(VENV)/.bench: host/requirements-bench.txt $(VENV)/.done
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement host/requirements-bench.txt
	@touch $@

$(BUILD)/micropython-1.25.0/py/py.mk: | $(BUILD)/.packages-firmware
	boards/setup/sources.sh $(BUILD) micropython

$(HOST_LIB): $(KERNEL) $(KERNEL_H) tests/probe.c | $(BUILD)/.packages-host
	@mkdir -p $(@D)
	gcc $(CFLAGS) -shared -fPIC $(KERNEL) tests/probe.c -o $@

$(ASAN_LIB): $(KERNEL) $(KERNEL_H) tests/probe.c | $(BUILD)/.packages-host
	@mkdir -p $(@D)
	gcc $(CFLAGS) $(SANITIZE) -shared -fPIC $(KERNEL) tests/probe.c -o $@

# MicroPython's own makefiles do the rest; their output goes to a log, and its end is shown if they fail.
micropython = +@echo "building $@"; mkdir -p $(@D); \
	$(MAKE) -C $(MICROPYTHON)/$(1) -j$(JOBS) BUILD=$(abspath $(@D)) MICROPY_MPYCROSS=$(abspath $(MPY_CROSS)) \
	MICROPY_MPYCROSS_DEPENDENCY= $(2) >$(@D).log 2>&1 || { tail -n 40 $(@D).log; exit 1; }

$(MPY_CROSS): $(MICROPYTHON_DIR)/py/py.mk | $(BUILD)/.packages-firmware
	$(call micropython,mpy-cross,USER_C_MODULES=)

# Without the module in it as well: what the loadable one is tried on.
unix: $(UNIX) ## MicroPython's unix port with the kernel built in
unix_options := VARIANT=standard FROZEN_MANIFEST= MICROPY_PY_SSL=0 MICROPY_SSL_MBEDTLS=0 MICROPY_PY_FFI=0 MICROPY_PY_BTREE=0
$(UNIX): $(MPY_CROSS) $(MODULE)
	$(call micropython,ports/unix,USER_C_MODULES=$(CURDIR) $(unix_options))
$(UNIX_STOCK): $(MPY_CROSS)
	$(call micropython,ports/unix,USER_C_MODULES= $(unix_options))

firmware: $(call $(if $(STOCK),stock_of,firmware_of),$(BOARD)) ## the firmware of BOARD=stm32f405_qemu; STOCK=1: without Deeplomath, which is a file then
QEMU_BOARDS := $(wildcard boards/*_qemu/* boards/qemu_common/* boards/qemu_common/*/*)
$(BUILD)/%_qemu/firmware.elf: $(MPY_CROSS) $(MODULE) $(DEVICE) $(QEMU_BOARDS)
	$(call micropython,ports/qemu,BOARD=$*_qemu BOARD_DIR=$(CURDIR)/boards/$*_qemu USER_C_MODULES=$(CURDIR) STOCK=)
$(BUILD)/%_qemu_stock/firmware.elf: $(MPY_CROSS) $(QEMU_BOARDS)
	$(call micropython,ports/qemu,BOARD=$*_qemu BOARD_DIR=$(CURDIR)/boards/$*_qemu USER_C_MODULES= STOCK=1)

natmod: $(call natmod_of,$(NATMOD_ARCH)) ## deeplomath.mpy for stock MicroPython; one of them: NATMOD_ARCH=armv6m (RP2040)
$(BUILD)/natmod/%/deeplomath.mpy: $(MICROPYTHON_DIR)/py/py.mk $(MODULE) firmware/natmod/Makefile | $(BUILD)/.packages-firmware $(VENV)/.done
	@echo "building $@"; mkdir -p $(@D)
	@$(MAKE) -C $(@D) -f $(CURDIR)/firmware/natmod/Makefile ARCH=$* MPY_DIR=$(MICROPYTHON) \
	PYTHON=$(abspath $(RUN)) >$(@D).log 2>&1 || { tail -n 40 $(@D).log; exit 1; }

$(BUILD)/device/%.mpy: firmware/device/%.py $(MPY_CROSS)
	@mkdir -p $(@D)
	$(MPY_CROSS) -o $@ $<

run: setup $(if $(filter unix,$(BOARD)),unix,firmware) ## emulate BOARD until Ctrl-C, and print the port to open
	$(RUN) boards/run.py $(BOARD) $(if $(STOCK),--stock)

## Keeping house

generate: ## write the constant files from shared_spec/spec.toml
	$(PYTHON) shared_spec/generate.py

format: setup ## lay out the sources
	$(VENV)/bin/ruff check --fix --quiet .
	$(VENV)/bin/ruff format --quiet .
	$(VENV)/bin/clang-format -i $(C_FILES)

lint: setup $(BUILD)/.packages-lint ## complain about layout and doubtful code
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/clang-format --dry-run -Werror $(C_FILES)
	clang $(CFLAGS) -Wno-unused-command-line-argument -fsyntax-only $(KERNEL)

check: lint ## lint, and see that the constant files are what spec.toml says
	$(RUN) shared_spec/generate.py --check

size: natmod ## bytes of each deeplomath.mpy, then of the kernel's code on a Cortex-M4 at -Os
	@printf '%9s %7s %9s %s\n' text bss file deeplomath.mpy
	@for arch in $(NATMOD_ARCH); do \
	printf '%9s %7s %9s %s\n' $$(sed -n 's/^\(text\|bss\) size: *//p' $(BUILD)/natmod/$$arch.log) \
	$$(stat -c %s $(BUILD)/natmod/$$arch/deeplomath.mpy) $$arch; done
	@mkdir -p $(BUILD)/size
	@cd $(BUILD)/size && arm-none-eabi-gcc $(CFLAGS) -Os -mthumb -mcpu=cortex-m4 -c $(abspath $(KERNEL))
	@arm-none-eabi-size -t $(patsubst firmware/kernel/%.c,$(BUILD)/size/%.o,$(KERNEL))

clean: ## remove what was built, but not what was fetched
	rm -rf $(BUILD)/host $(BUILD)/asan $(BUILD)/size $(BUILD)/device $(BUILD)/natmod $(BUILD)/mpy-cross* $(BUILD)/unix* $(BUILD)/*_qemu*

distclean: ## remove everything that git does not know
	rm -rf $(BUILD) $(VENV)

.DELETE_ON_ERROR:
.PHONY: help demo bench-learning test test-host test-TIER $(TIERS:%=test-%) test-sanitize setup unix firmware natmod run generate format lint check size clean distclean

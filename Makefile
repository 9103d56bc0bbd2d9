# SPDX-License-Identifier: MIT
# Sets up, builds and tests everything; `make help` lists the targets.

PYTHON ?= python3
BOARD ?= stm32f405_qemu
JOBS ?= $(shell nproc)
STREAMS ?= 10000
BUILD := build
VENV := .venv
RUN := $(VENV)/bin/python

MICROPYTHON_DIR ?= $(BUILD)/micropython-1.25.0
MICROPYTHON := $(abspath $(MICROPYTHON_DIR))
MPY_CROSS := $(BUILD)/mpy-cross/mpy-cross
PICO_SDK_DIR ?= $(BUILD)/pico-sdk-2.1.1/pico-sdk
PICO_SDK := $(abspath $(PICO_SDK_DIR))
UNIX := $(BUILD)/unix/micropython
UNIX_STOCK := $(BUILD)/unix_stock/micropython
RP2040JS := boards/rpi_pico/node_modules/.package-lock.json $(BUILD)/bootrom.bin
NATMOD_ARCH ?= armv6m armv7m armv7emsp armv7emdp rv32imc x64
HOST_LIB := $(BUILD)/host/libdlm.so
ASAN_LIB := $(BUILD)/asan/libdlm.so
GUIDED := $(BUILD)/guided/life $(BUILD)/guided/program

# The two libraries, which share common; the modules that bring them to MicroPython, each compiled in or a .mpy.
-include firmware/kernel.mk firmware/signal.mk
KERNEL := $(sort $(wildcard firmware/common/*.c firmware/kernel/*.c))
SIGNAL := $(sort $(wildcard firmware/signal/*.c))
LIBRARIES := common kernel signal
LIBRARIES_H := $(wildcard $(LIBRARIES:%=firmware/%/*.h))
INCLUDES := $(LIBRARIES:%=-Ifirmware/%)
MODULES := $(patsubst firmware/binding/mod%.c,%,$(wildcard firmware/binding/mod*.c))
MODULE := $(KERNEL) $(SIGNAL) $(LIBRARIES_H) $(wildcard firmware/binding/*) $(addprefix firmware/,kernel.mk signal.mk micropython.mk)
DEVICE := $(wildcard firmware/device/*.py)
DEVICE_MPY := $(DEVICE:firmware/device/%.py=$(BUILD)/device/%.mpy)
C_FILES := $(wildcard firmware/*/*.[ch] boards/*/*.[ch] tests/*.c)

# The loadable modules for each architecture.
natmod_of = $(foreach arch,$(1),$(MODULES:%=$(BUILD)/natmod/$(arch)/%.mpy))

include boards/boards.mk

# Boards of Raspberry Pi's chips, and the images that are flashed on them.
RP2_BOARDS := $(call boards_of_port,rp2)
UF2_IMAGES := $(foreach board,$(RP2_BOARDS),$(call firmware_of,$(board)))

# What cannot work is said before anything is built.
DEMOS := motion keywords vibration
ASKED := $(or $(MAKECMDGOALS),help)
no_board = BOARD=$(BOARD): $(if $(wildcard boards/$(or $(BOARD),none)/board.toml),not a board for this$(if $(STOCK), with STOCK=1),no such board); \
	`make $(1)` takes one of $(BOARDS_$(1))
$(foreach goal,$(filter run flash firmware,$(ASKED)),\
	$(if $(and $(filter 1,$(words $(BOARD))),$(filter $(BOARD),$(BOARDS_$(goal)))),,$(error $(call no_board,$(goal)))))
$(if $(filter demo,$(ASKED)),$(if $(filter-out $(DEMOS),$(MODEL)),$(error MODEL=$(MODEL): `make demo` takes one of $(DEMOS))))
$(if $(filter deploy,$(ASKED)),$(if $(PORT),,$(error PORT: which one? make deploy PORT=/dev/ttyACM0)))
ifeq ($(wildcard $(VENV)/.done),)
python_old := $(shell $(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
$(if $(python_old),$(if $(filter-out help clean distclean,$(ASKED)),$(error Python 3.11 or later is needed, $(PYTHON) is $(python_old): \
	set PYTHON, as in make $(ASKED) PYTHON=python3.11)))
endif
# MicroPython's makefiles take no path with a space in it.
ANYWHERE := help setup test-host lint format check docs generate bench-learning bench-signal bench-fit clean distclean
$(if $(word 2,$(CURDIR)),$(if $(filter-out $(ANYWHERE),$(ASKED)),$(error $(CURDIR): MicroPython cannot be built in a folder \
	whose path has a space: move this checkout; what works here is make $(ANYWHERE))))
$(if $(word 2,$(MICROPYTHON_DIR)),$(error MICROPYTHON_DIR=$(MICROPYTHON_DIR): MicroPython cannot be built in a folder whose path has a space))

CFLAGS := -std=c99 -O2 -g -Wall -Wextra -Wconversion -pedantic -Werror
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZED = LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libstdc++.so)" ASAN_OPTIONS=detect_leaks=0 \
	DEEPLOMATH_LIBRARY=$(abspath $(ASAN_LIB))

# Where the tests look; tests/conftest.py has the same defaults.
export DEEPLOMATH_BUILD := $(abspath $(BUILD))

## Begin

help: ## show this list
	@sed -n -e 's/^## /\n/p' -e 's/^\([a-zA-Z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22
	@printf '\n%s\n' "TIER is one of: $(sort $(TIERS))" "BOARD is one of: $(BOARDS) unix" | fold -s -w 98

demo: setup $(call firmware_of,stm32f405_qemu) $(if $(filter keywords,$(MODEL)),$(BUILD)/.packages-speech) ## an emulated board learns, every digest is proved; MODEL=keywords, vibration
	$(VENV)/bin/deeplomath demo $(if $(MODEL),--model $(MODEL))

setup: $(VENV)/.done ## the Python environment in .venv

## Test

test: setup test-sanitize $(HOST_LIB) $(GUIDED) $(BUILD)/.packages-speech $(BUILD)/.packages-browser $(foreach tier,$(TIERS),$(TIER_$(tier))) $(UF2_IMAGES) ## set up and build all, then run all tests
	$(RUN) -m pytest -rs -n $(JOBS) --dist loadgroup --durations=25 tests

test-host: setup $(HOST_LIB) ## the quick ones: mirror, and the kernel as a host library
	$(RUN) -m pytest -rs tests -m "not device"

test-TIER: ## one tier's: unix port or emulated board; _mpy: with the loadable module
	@echo "TIER is one of: $(sort $(TIERS))"

.SECONDEXPANSION:
$(TIERS:%=test-%): test-%: setup $$(TIER_$$*)
	$(RUN) -m pytest -rs tests -m $*

test-pythons: wheel ## the wheel under each Python to be had, with its oldest and newest numpy
	$(RUN) tests/pythons.py $(BUILD)/wheel/deeplomath-*-py3-none-any.whl

test-sanitize: setup $(ASAN_LIB) ## the kernel's, under the address and undefined behaviour sanitizers
	$(SANITIZED) $(RUN) -m pytest -rs -n $(JOBS) --dist loadgroup tests -m kernel

fuzz: setup $(ASAN_LIB) $(GUIDED) ## fuzz all that comes in; FUZZ_RUNS=500000 FUZZ_SECONDS=1200 FUZZ_SEED=1
	$(if $(findstring --replay,$(FUZZ)),,$(SANITIZED) $(RUN) tests/fuzz_guided.py --runs $(or $(FUZZ_RUNS),500000) \
	$(if $(FUZZ_SEED),--seed $(FUZZ_SEED)) && $(foreach part,program frame slot,$(SANITIZED) $(RUN) tests/fuzz_$(part).py \
	--seconds $(or $(FUZZ_SECONDS),1200) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED)) &&)) \
	$(SANITIZED) $(RUN) tests/fuzz_state.py --seconds $(or $(FUZZ_SECONDS),1200) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED)) $(FUZZ)

damage: setup $(TIER_f405) $(TIER_m0) ## two emulated boards get FRAMES=10000 frames, half of them damaged
	$(RUN) tests/damage.py stm32f405_qemu --frames $(or $(FRAMES),10000)
	$(RUN) tests/damage.py microbit_qemu --frames $(or $(FRAMES),10000)

streams: setup $(HOST_LIB) ## kernel against mirror on STREAMS=10000 streams of glitches and repetitions
	OMP_NUM_THREADS=1 $(RUN) tests/streams.py --streams $(STREAMS) --jobs $(JOBS)

soak: setup unix ## a long life of a board that samples by itself; EVENTS=100000
	$(RUN) tests/soak.py --events $(or $(EVENTS),100000)

soak-monitor: setup unix ## ten minutes of 50 events a second, watched: nothing may grow; SECONDS=600
	$(RUN) tests/soak_monitor.py --seconds $(or $(SECONDS),600)

## Measure

bench-learning: $(VENV)/.bench ## the mirror beside its peers, same events; BENCH="--quick --part streams"
	PYTHONPATH=host OMP_NUM_THREADS=1 $(RUN) -m bench $(BENCH)

bench-signal: $(VENV)/.bench $(BUILD)/.packages-speech ## the model files from raw samples on, beside peers; BENCH=--quick
	PYTHONPATH=host OMP_NUM_THREADS=1 $(RUN) -m bench --signal $(BENCH)

bench-fit: setup ## time of an estimator's fit beside an SVC; BENCH="--events 512"
	PYTHONPATH=host OMP_NUM_THREADS=1 $(RUN) -m bench.fit $(BENCH)

bench-audit: setup ## audit 1,000 logs, on all cores and through Dask; BENCH="--logs 100"
	$(RUN) tests/many_logs.py --dask $(BENCH)

bench: setup $(foreach tier,$(TIERS),$(TIER_$(tier))) ## count and walk on each, into boards/README.md; BENCH=--cores: only count
	$(RUN) boards/bench $(BENCH)

# What the tests and the demo run on

or_no_network = || { echo "$@: what it needs could not be fetched, see above. Is there a network, and the package index in reach of it?" \
	"Then run make again; what is here already is not fetched again." >&2; exit 2; }

$(BUILD)/.packages-%: boards/setup/packages.sh
	@boards/setup/packages.sh $*
	@mkdir -p $(@D) && touch $@

$(VENV)/.done: host/requirements.txt host/pyproject.toml | $(BUILD)/.packages-host
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement host/requirements.txt $(or_no_network)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable host
	@touch $@

$(VENV)/.bench: host/requirements-bench.txt $(VENV)/.done
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement host/requirements-bench.txt $(or_no_network)
	@touch $@

$(VENV)/.docs: host/requirements-docs.txt $(VENV)/.done
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement host/requirements-docs.txt $(or_no_network)
	@touch $@

$(BUILD)/micropython-1.25.0/py/py.mk: | $(BUILD)/.packages-firmware
	boards/setup/sources.sh $(BUILD) micropython

$(BUILD)/pico-sdk-2.1.1/pico-sdk/pico_sdk_init.cmake: | $(BUILD)/.packages-firmware
	boards/setup/sources.sh $(BUILD) pico-sdk

# The RP2040's emulator: Node.js, rp2040js and a boot ROM.
$(VENV)/.rp2040: boards/rpi_pico/requirements.txt $(VENV)/.done
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement $< $(or_no_network)
	@touch $@

boards/rpi_pico/node_modules/.package-lock.json: boards/rpi_pico/package-lock.json $(VENV)/.rp2040
	$(VENV)/bin/npm ci --prefix $(<D) --ignore-scripts --no-audit --no-fund --loglevel=error $(or_no_network)
	@touch $@

$(BUILD)/bootrom.bin: boards/rpi_pico/bootrom.py $(VENV)/.rp2040
	@mkdir -p $(@D)
	$(RUN) $< $@

$(HOST_LIB): $(KERNEL) $(SIGNAL) $(LIBRARIES_H) tests/probe.c | $(BUILD)/.packages-host
	@mkdir -p $(@D)
	gcc $(CFLAGS) $(INCLUDES) -shared -fPIC $(KERNEL) $(SIGNAL) tests/probe.c -o $@

$(ASAN_LIB): $(KERNEL) $(SIGNAL) $(LIBRARIES_H) tests/probe.c | $(BUILD)/.packages-host
	@mkdir -p $(@D)
	gcc $(CFLAGS) $(INCLUDES) $(SANITIZE) -shared -fPIC $(KERNEL) $(SIGNAL) tests/probe.c -o $@

# libFuzzer's targets.
$(GUIDED): $(BUILD)/guided/%: tests/guided_%.c $(KERNEL) $(SIGNAL) $(LIBRARIES_H) | $(BUILD)/.packages-fuzz
	@mkdir -p $(@D)
	clang $(CFLAGS) $(INCLUDES) $(SANITIZE) -fsanitize=fuzzer $< $(KERNEL) $(SIGNAL) -o $@

# MicroPython's own makefiles do the rest; their output goes to a log, and its end is shown if they fail.
micropython = +@echo "building $@"; mkdir -p $(@D); \
	$(MAKE) -C $(MICROPYTHON)/$(1) -j$(JOBS) BUILD=$(abspath $(@D)) MICROPY_MPYCROSS=$(abspath $(MPY_CROSS)) \
	MICROPY_MPYCROSS_DEPENDENCY= $(2) >$(@D).log 2>&1 || { tail -n 40 $(@D).log; exit 1; }

$(MPY_CROSS): $(MICROPYTHON_DIR)/py/py.mk | $(BUILD)/.packages-firmware
	$(call micropython,mpy-cross,USER_C_MODULES=)

## Boards

# Without the module in it as well: what the loadable one is tried on.
unix: $(UNIX) ## MicroPython's unix port with the kernel built in
unix_options := VARIANT=standard FROZEN_MANIFEST= MICROPY_PY_SSL=0 MICROPY_SSL_MBEDTLS=0 MICROPY_PY_FFI=0 MICROPY_PY_BTREE=0
$(UNIX): $(MPY_CROSS) $(MODULE)
	$(call micropython,ports/unix,USER_C_MODULES=$(CURDIR) $(unix_options))
$(UNIX_STOCK): $(MPY_CROSS)
	$(call micropython,ports/unix,USER_C_MODULES= $(unix_options))

firmware: $(if $(wildcard boards/$(BOARD)/board.toml),$(call $(if $(STOCK),stock_of,firmware_of),$(BOARD))) ## the firmware of BOARD=stm32f405_qemu; STOCK=1: without Deeplomath
QEMU_BOARDS := $(call boards_of_port,qemu)
QEMU_COMMON := $(wildcard boards/qemu_common/*.* boards/qemu_common/*/*)
$(QEMU_BOARDS:%=$(BUILD)/%/firmware.elf): $(BUILD)/%/firmware.elf: $(MPY_CROSS) $(MODULE) $(DEVICE) $(QEMU_COMMON) $$(call sources_of,$$*)
	$(call micropython,ports/qemu,BOARD=$* BOARD_DIR=$(CURDIR)/boards/$* USER_C_MODULES=$(CURDIR) STOCK=)
$(QEMU_BOARDS:%=$(BUILD)/%_stock/firmware.elf): $(BUILD)/%_stock/firmware.elf: $(MPY_CROSS) $(QEMU_COMMON) $$(call sources_of,$$*)
	$(call micropython,ports/qemu,BOARD=$* BOARD_DIR=$(CURDIR)/boards/$* USER_C_MODULES= STOCK=1)

# RISC-V has a compiler and an emulator of its own.
RISCV_BOARDS := $(foreach board,$(QEMU_BOARDS),$(if $(filter rv32%,$($(board).native_arch)),$(board)))
$(RISCV_BOARDS:%=$(BUILD)/%/firmware.elf) $(RISCV_BOARDS:%=$(BUILD)/%_stock/firmware.elf): | $(BUILD)/.packages-riscv
$(call natmod_of,rv32imc): | $(BUILD)/.packages-riscv

# From the user's own checkout, MICROPYTHON_DIR with the submodules of ports/stm32 fetched; a REPL's UART holds the longest frame.
STM32_BOARDS := $(call boards_of_port,stm32)
port_board = $(shell echo $(1) | tr '[:lower:]' '[:upper:]')
$(STM32_BOARDS:%=$(BUILD)/%/firmware.elf): $(MPY_CROSS) $(MODULE) $(DEVICE) firmware/manifest.py boards/stm32_common/manifest.py
	@test -n "$$(ls -A $(MICROPYTHON)/lib/stm32lib 2>/dev/null)" || { echo "$@: $(MICROPYTHON_DIR) has no lib/stm32lib, ST's HAL:" \
	"set MICROPYTHON_DIR to a checkout of MicroPython, and make submodules in its ports/stm32" >&2; exit 1; }
	$(call micropython,ports/stm32,BOARD=$(call port_board,$(notdir $(@D))) USER_C_MODULES=$(CURDIR) \
	FROZEN_MANIFEST=$(CURDIR)/boards/stm32_common/manifest.py CFLAGS_EXTRA=-DMICROPY_HW_UART_REPL_RXBUF=2304)

check-stm32: $(MPY_CROSS) ## what can be proved of the STM32 images without ST's HAL, and what not
	@mkdir -p $(BUILD)/check
	@for board in $(STM32_BOARDS); do JOBS=$(JOBS) boards/stm32_common/check.sh $$board $(MICROPYTHON) \
	$(abspath $(BUILD))/check/$$board $(abspath $(MPY_CROSS)) || exit 1; done

flash: setup $(if $(DRY_RUN),,firmware) ## write the firmware of BOARD=... to a board; DRY_RUN=1 only prints how
	$(VENV)/bin/deeplomath flash $(BOARD) $(if $(DRY_RUN),--dry-run)

# ports/rp2 with a board of ours; no module: stock. Debian's source has no Git of its own, and is not to take ours.
rp2 = +@echo "building $@"; mkdir -p $(@D); \
	export MICROPY_MPYCROSS=$(abspath $(MPY_CROSS)) GIT_CEILING_DIRECTORIES=$(abspath $(BUILD)); { \
	cmake --fresh -S $(MICROPYTHON)/ports/rp2 -B $(@D) -DMICROPY_BOARD=$(1) -DMICROPY_BOARD_DIR=$(CURDIR)/boards/$(1) \
	-DUSER_C_MODULES=$(2) -DPICO_SDK_PATH_OVERRIDE=$(PICO_SDK) -DPICO_NO_PICOTOOL=1 -DPICO_BUILD_DOCS=0 && \
	$(MAKE) -C $(@D) -j$(JOBS) && \
	$(PYTHON) $(MICROPYTHON)/tools/uf2conv.py --convert --family $($(1).family) --base 0x10000000 --output $@ \
	$(@D)/firmware.bin; } >$(@D).log 2>&1 || { tail -n 40 $(@D).log; exit 1; }
RP2_COMMON := $(wildcard boards/rp2_common/*) $(PICO_SDK_DIR)/pico_sdk_init.cmake
rp2_files = $(MPY_CROSS) $(RP2_COMMON) $(addprefix boards/$(1)/,mpconfigboard.cmake mpconfigboard.h board.toml)

$(RP2_BOARDS:%=$(BUILD)/%/firmware.uf2): $(BUILD)/%/firmware.uf2: $(MODULE) firmware/micropython.cmake $(DEVICE) $$(call rp2_files,$$*)
	$(call rp2,$*,$(CURDIR)/firmware/micropython.cmake)
$(RP2_BOARDS:%=$(BUILD)/%_stock/firmware.uf2): $(BUILD)/%_stock/firmware.uf2: $$(call rp2_files,$$*)
	$(call rp2,$*,)

natmod: $(call natmod_of,$(NATMOD_ARCH)) ## the modules for stock MicroPython; of one kind: NATMOD_ARCH=armv6m (RP2040)
$(BUILD)/natmod/%.mpy: $(MICROPYTHON_DIR)/py/py.mk $(MODULE) $(wildcard firmware/natmod/*) | $(BUILD)/.packages-firmware $(VENV)/.done
	@echo "building $@"; mkdir -p $(@D); rm -f $@
	@$(MAKE) -C $(@D) -f $(CURDIR)/firmware/natmod/Makefile MOD=$(*F) ARCH=$(*D) MPY_DIR=$(MICROPYTHON) \
	PYTHON=$(abspath $(RUN)) >$(@:.mpy=.log) 2>&1 || { tail -n 40 $(@:.mpy=.log); exit 1; }

device: $(DEVICE_MPY) ## the device files as bytecode, which saves a board the compiling
$(BUILD)/device/%.mpy: firmware/device/%.py $(MPY_CROSS)
	@mkdir -p $(@D)
	$(MPY_CROSS) -s $(notdir $<) -o $@ $<

# The board is asked first: nothing is built for a wrong port, and no module that the board does not take.
deploy: setup ## install on PORT=...; MAIN=1: serve from power-up, on SERIAL=uart1 BAUD=921600
	@architecture=$$($(RUN) boards/ask.py "$(PORT)" $(NATMOD_ARCH) $(if $(FORCE),--force)) && \
	$(MAKE) --silent --no-print-directory natmod device NATMOD_ARCH="$$architecture"
	$(VENV)/bin/deeplomath deploy "$(PORT)" $(if $(MAIN),--main) \
	$(if $(SERIAL),--serial $(SERIAL)) $(if $(BAUD),--serial-baud $(BAUD)) $(if $(FORCE),--force)

mip: setup natmod device ## packages for `mpremote mip install`, a folder an architecture, in build/mip
	$(RUN) boards/package.py mip

wheel: setup natmod device $(call firmware_of,stm32f405_qemu) $(UF2_IMAGES) ## the host, with all that boards need, as one file for pip
	$(RUN) boards/wheel.py $(MICROPYTHON)

release: setup natmod device ## all that is built for boards, with sums, in build/release
	$(RUN) boards/package.py release

run: setup $(if $(filter unix,$(BOARD)),unix,firmware) $(call emulator_of,$(BOARD)) ## emulate BOARD until Ctrl-C, print its port; STOCK=1: for make deploy
	$(RUN) boards/run.py $(BOARD) $(if $(STOCK),--stock)

## Keep house

generate: ## write what is made of spec.toml and of the boards' folders: constants, tables
	$(PYTHON) shared_spec/generate.py
	$(PYTHON) boards/readme.py

format: setup ## lay out the sources
	$(VENV)/bin/ruff check --fix --quiet .
	$(VENV)/bin/ruff format --quiet .
	$(VENV)/bin/clang-format -i $(C_FILES)

lint: setup $(BUILD)/.packages-lint ## complain about layout and doubtful code
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/clang-format --dry-run -Werror $(C_FILES)
	clang $(CFLAGS) -Wno-unused-command-line-argument -fsyntax-only $(INCLUDES) $(KERNEL) $(SIGNAL)

check: lint ## lint, and see that what make generate writes is up to date
	$(RUN) shared_spec/generate.py --check
	$(RUN) boards/readme.py --check

PICTURES := monitor.svg monitor.png report.png
pictures: setup $(TIER_f405) $(BUILD)/.packages-browser ## the pictures of monitor and report for the documents, as tests make them
	$(RUN) -m pytest -q tests/monitor tests/desk/test_reporting.py -k "picture or named_on_the_page or asks_for_nothing"
	cp $(PICTURES:%=$(BUILD)/%) shared_spec/pictures

docs: $(VENV)/.docs ## the site in build/docs: documents, docstrings, dlm.h; warnings are errors
	@$(VENV)/bin/sphinx-build --quiet --fail-on-warning --keep-going --fresh-env --conf-dir shared_spec/site \
	--doctree-dir $(BUILD)/docs-cache . $(BUILD)/docs
	@echo "$(BUILD)/docs/index.html"

SIZE_ARM := cortex-m0plus cortex-m3 cortex-m4 cortex-m7 cortex-m33
SIZE_RV32 := rv32imc
size_objects = $(patsubst firmware/%.c,$(BUILD)/size/$(1)/%.o,$(2))
# $(call size_rule,core,group of packages,compiler and its flags)
define size_rule
$(BUILD)/size/$(1)/%.o: firmware/%.c $(LIBRARIES_H) firmware/kernel.mk firmware/signal.mk | $(BUILD)/.packages-$(2)
	@mkdir -p $$(@D)
	@$(3) $(CFLAGS) $(INCLUDES) $$(if $$(filter firmware/signal/%,$$<),$$(SIGNAL_CFLAGS),$$(KERNEL_CFLAGS)) -c $$< -o $$@
endef
$(foreach core,$(SIZE_ARM),$(eval $(call size_rule,$(core),firmware,arm-none-eabi-gcc -mthumb -mcpu=$(core))))
$(foreach core,$(SIZE_RV32),$(eval $(call size_rule,$(core),riscv,\
	riscv64-unknown-elf-gcc --specs=picolibc.specs -march=$(core) -mabi=ilp32)))
size_line = bytes=$$($(5) -t $(call size_objects,$(1),$(3)) | awk 'END { print $$1 }'); \
	printf '%9s %9s %s %s\n' $$bytes $(4) $(2) $(1); [ $$bytes -le $(4) ] || over="$$over $(2) on $(1),"
size_lines = $(call size_line,$(1),kernel,$(KERNEL),$(KERNEL_BYTES$(3)),$(2)); \
	$(call size_line,$(1),signal,$(SIGNAL),$(SIGNAL_BYTES$(3)),$(2))
size: natmod $(foreach core,$(SIZE_ARM) $(SIZE_RV32),$(call size_objects,$(core),$(KERNEL) $(SIGNAL))) ## bytes of each module, then of each library's code on each core and its limit
	@printf '%9s %7s %9s %s\n' text bss file module
	@for mpy in $(patsubst %.mpy,%,$(call natmod_of,$(NATMOD_ARCH))); do \
	printf '%9s %7s %9s %s\n' $$(sed -n 's/^\(text\|bss\) size: *//p' $$mpy.log) $$(stat -c %s $$mpy.mpy) $${mpy#$(BUILD)/natmod/}; done
	@printf '%9s %9s %s\n' code limit library; over=; \
	$(foreach core,$(SIZE_ARM),$(call size_lines,$(core),arm-none-eabi-size);) \
	$(foreach core,$(SIZE_RV32),$(call size_lines,$(core),riscv64-unknown-elf-size,_RV32);) \
	[ -z "$$over" ] || { echo "over its limit:$${over%,}" >&2; exit 1; }

clean: ## remove what was built, but not what was fetched
	rm -rf $(addprefix $(BUILD)/,host asan docs docs-c docs-cache docs-pictures size device natmod check mip release mpy-cross* unix* $(BOARDS:%=%*))

distclean: ## remove everything that git does not know
	rm -rf $(BUILD) $(VENV)

.DELETE_ON_ERROR:
.PHONY: help demo fuzz damage streams soak soak-monitor bench bench-audit bench-learning bench-signal bench-fit test test-host test-TIER $(TIERS:%=test-%) test-sanitize test-pythons setup unix firmware natmod device check-stm32 flash deploy mip wheel release run generate format lint check pictures docs size clean distclean

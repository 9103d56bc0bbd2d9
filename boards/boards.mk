# SPDX-License-Identifier: MIT
# What each folder's board.toml says, for the Makefile: which boards there are for what, and the files that each needs.

BOARDS := $(sort $(patsubst boards/%/board.toml,%,$(wildcard boards/*/board.toml)))

# A line `machine = "mps2-an385"` below [run] becomes the variable mps2_an385_qemu.run.machine. The variable
# mps2_an385_qemu.run is yes: there is a [run].
BOARD_FACTS := $(shell awk ' \
	FNR == 1 { split(FILENAME, path, "/"); table = path[2] } \
	/^\[/ { gsub(/[][]/, "", $$1); table = path[2] "." $$1; print table "=yes" } \
	/^[a-z_]+ = "[^" ]*"/ { split($$0, part, "\""); print table "." $$1 "=" part[2] }' $(BOARDS:%=boards/%/board.toml))
$(foreach fact,$(BOARD_FACTS),$(eval $(subst =, := ,$(fact))))

boards_with = $(strip $(foreach board,$(BOARDS),$(if $($(board).$(1)),$(board))))
boards_of_port = $(strip $(foreach board,$(BOARDS),$(if $(filter $(1),$($(board).port)),$(board))))

# What a board boots with the kernel compiled in; what it takes for the loadable module on stock MicroPython;
# which files of its folder a firmware is made from; what emulates it.
firmware_of = $(BUILD)/$($(1).firmware)
stock_of = $(BUILD)/$($(1).stock) $(call natmod_of,$($(1).native_arch)) $(DEVICE_MPY)
sources_of = $(wildcard $(addprefix boards/$(1)/*.,mk c h))
emulator_of = $(if $(filter rp2040js,$($(1).run.emulator)),$(RP2040JS))

# The tiers of the suite and what each needs: TIER_f405 is of `make test-f405`. Those of no folder run on this machine.
TIER_unix = $(UNIX)
TIER_unix_mpy = $(UNIX_STOCK) $(call natmod_of,x64)
$(foreach board,$(call boards_with,test.tier),\
	$(eval TIER_$($(board).test.tier) = $$(call firmware_of,$(board)) $$(call emulator_of,$(board))))
$(foreach board,$(call boards_with,test.tier_stock),\
	$(eval TIER_$($(board).test.tier_stock) = $$(call stock_of,$(board)) $$(call emulator_of,$(board))))
TIERS := $(patsubst TIER_%,%,$(filter TIER_%,$(.VARIABLES)))

# What BOARD may be for each target.
BOARDS_run = $(call boards_with,run) unix
BOARDS_flash = $(call boards_with,flash)
BOARDS_firmware = $(call boards_with,$(if $(STOCK),stock,firmware))

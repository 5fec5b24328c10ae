# SPDX-License-Identifier: GPL-2.0
# The front door: fetch, build, boot, run. `make help` lists what there is.

TOP := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
BUILD ?= $(TOP)/build
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/mthp_khugepaged
override BUILD := $(abspath $(BUILD))
override CACHE := $(abspath $(CACHE))
# Of a relative path, what it means to the caller and not to a sub-make.
ifneq ($(KSRC),)
override KSRC := $(abspath $(KSRC))
endif
ifneq ($(INSTALL_PATH),)
override INSTALL_PATH := $(abspath $(INSTALL_PATH))
endif
ifneq ($(PATCH),)
override PATCH := $(abspath $(PATCH))
endif

SUITE := $(TOP)/tools/testing/selftests/mm
VM := $(TOP)/vm
KERNEL ?= latest

# The scripts take their variables from the environment, where a value may hold any
# character; make puts those of its command line there by itself.
export BUILD CACHE KSRC KERNEL

.DEFAULT_GOAL := help
.PHONY: help run run-native explore explore-native races races-native bugs bugs-list
.PHONY: matrix compare report bench bench-native fleet-files fleet-check
.PHONY: check build install overlay overlay-remove kernel deps clean distclean
.PHONY: fetch-kernel unit-tests build-locked install-locked unit-tests-locked only-here

# The steps build on each other; -j is for the suite's own Makefile.
.NOTPARALLEL:

help:
	@sed 1d $(VM)/help.txt

# A recipe that fails with 4 makes GNU make print "Error 4" and exit with 2: it
# has no way to pass a status on. Use vm/make-run where 1 and 4 must differ.
run: fetch-kernel build
	@$(VM)/suite.sh vm

# First, so that a KERNEL that is none is told before anything is built.
fetch-kernel:
	@$(VM)/deps.sh build vm
	@$(VM)/kernel.sh "$$KERNEL" >/dev/null

run-native: only-here build
	@$(VM)/suite.sh native

# Random tables against the model; ARGS="..." has its options.
explore: fetch-kernel build
	@PROGRAM=mthp_explore $(VM)/suite.sh vm

explore-native: only-here build
	@PROGRAM=mthp_explore $(VM)/suite.sh native

# khugepaged against racers; ARGS="--time 3600" makes it a soak.
races: fetch-kernel build
	@PROGRAM=mthp_races $(VM)/suite.sh vm

races-native: only-here build
	@PROGRAM=mthp_races $(VM)/suite.sh native

# The suite on kernels that have a bug each; BUGS= names some of them.
bugs: only-here build
	@$(VM)/deps.sh vm bugs
	@$(TOP)/bugs/run.py $(BUGS)

bugs-list:
	@$(TOP)/bugs/run.py --list

# The suite on many kernels. ARCH= may name several machines here. They build by themselves,
# for each architecture.
matrix:
	@ARCH= PAGE= $(VM)/deps.sh matrix
	@$(TOP)/matrix/run.py matrix

compare:
	@ARCH= PAGE= $(VM)/deps.sh matrix
	@$(TOP)/matrix/run.py compare "$$A" "$$B"

report: build
	@$(TOP)/matrix/run.py report $$LOGS

# What collapses cost and give, as numbers: of one kernel, or of A and B in turn.
bench: build
	@$(VM)/deps.sh vm matrix $(if $(findstring bug:,$(A)$(B)),bugs)
	@exec $(TOP)/bench/run.py vm $(if $(A)$(B),"$$A" "$$B")

bench-native: only-here build
	@$(VM)/deps.sh matrix
	@exec $(TOP)/bench/run.py native

# What a job of LAVA fetches, into DIR; fleet/lava/job.sh prints the job.
fleet-files: build
	@$(if $(DIR),,echo "fleet-files: say where, with DIR=" >&2; exit 1)
	@$(VM)/deps.sh vm fleet
	@$(MAKE) -s --no-print-directory install INSTALL_PATH=$(OUT_FLEET)
	@$(TOP)/fleet/lava/artifacts.sh "$$KERNEL" $(OUT_FLEET) "$(DIR)"

# Such a job, start to end, on this machine; JOB="..." has options of fleet/lava/job.sh.
fleet-check: only-here build
	@$(VM)/deps.sh vm fleet
	@$(MAKE) -s --no-print-directory install INSTALL_PATH=$(OUT_FLEET)
	@$(TOP)/fleet/lava/check.sh $(OUT_FLEET) $(JOB)

check: only-here deps fetch-kernel build unit-tests
	@$(TOP)/tests/run

# Not with ARCH= of another machine, which may have been exported for something else.
only-here:
	@$(VM)/native.sh --check

unit-tests:
	+@$(LOCKED) unit-tests-locked

unit-tests-locked:
	+@mkdir -p $(BUILD)/tests
	+@$(MAKE) -s --no-print-directory -C $(TOP)/tests/unit KSRC=$(KSRC) \
		OUTPUT=$(BUILD)/tests >&2

deps:
	@$(VM)/deps.sh build vm check

kernel:
	@$(VM)/deps.sh vm
	@$(VM)/kernel.sh "$$KERNEL"

OUT_FLEET = $(BUILD)/fleet/install

# Two runs may share a build folder; they must not build in it at once.
LOCKED = mkdir -p $(BUILD) && ksrc=$$($(VM)/headers.sh) && cross=$$($(VM)/cross.sh) && \
	flock $(BUILD)/build.lock $(MAKE) --no-print-directory -f $(TOP)/Makefile KSRC="$$ksrc" $$cross

# For another architecture there is SYSROOT, from cross.sh.
ifneq ($(SYSROOT),)
override EXTRA_CFLAGS += -isystem $(SYSROOT)/include
export LDFLAGS := $(LDFLAGS) -L$(SYSROOT)/lib
endif
MAKE_SUITE = $(MAKE) -s --no-print-directory -C $(SUITE) KSRC=$(KSRC) OUTPUT=$(OUT)/mm \
	EXTRA_CFLAGS="$(EXTRA_CFLAGS)"

build:
	@$(VM)/deps.sh build
	+@$(LOCKED) build-locked

build-locked:
	+@mkdir -p $(OUT)
	+@$(MAKE_SUITE) INSTALL_PATH=$(OUT)/suite install >&2

install:
	@$(if $(INSTALL_PATH),,echo "install: say where, with INSTALL_PATH=" >&2; exit 1)
	@$(VM)/deps.sh build
	+@$(LOCKED) install-locked

# As the kernel's own `make kselftest-install` does it, with one collection.
COLLECTION := mthp
KSELFTEST = $(KSRC)/tools/testing/selftests

install-locked:
	+@mkdir -p $(OUT)
	+@$(MAKE_SUITE) INSTALL_PATH=$(INSTALL_PATH)/$(COLLECTION) install >&2
	@$(MAKE_SUITE) COLLECTION=$(COLLECTION) emit_tests >$(INSTALL_PATH)/kselftest-list.txt
	@install -m 755 $(KSELFTEST)/run_kselftest.sh $(INSTALL_PATH)/run_kselftest.sh
	@rsync -a $(KSELFTEST)/kselftest $(INSTALL_PATH)/

# As a part of the kernel tree KSRC; or a patch for it.
overlay:
	@$(VM)/overlay.sh $(if $(PATCH),patch "$(PATCH)",add)

overlay-remove:
	@$(VM)/overlay.sh remove

clean:
	@echo "removing $(BUILD)" >&2
	@rm -rf $(BUILD)

distclean: clean
	@echo "removing $(CACHE): kernels, headers, package lists" >&2
	@rm -rf $(CACHE)

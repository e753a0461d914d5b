# SPDX-License-Identifier: GPL-2.0
#
# Human verbs; Kbuild beside this file is the kernel's. Everything but "all" runs on a bare
# Debian 12 as root and installs what it needs by apt.

KDIR ?= /lib/modules/$(shell uname -r)/build

.PHONY: all clean check chips fuzz kunit vmtest vmtest-full installtest test test-full coverage demo deb help

all: ## gpupt_reset.ko at the top of the tree, for the running kernel or KDIR=...
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

clean: ## remove what "all" built
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean

demo: ## hang emulated cards on a real kernel, and bring them back
	@tests/demo

test: ## all that CI runs: check, unit, builds, system on every kernel, installation
	@tests/run

test-full: ## the same with all that CI has no time for, and coverage: hours
	@tests/run --full

coverage: ## how much of the module unit and system tests run: an hour
	@tests/coverage

check: ## style and static analysis
	@scripts/check

chips: ## the model table against Debian's newest pci.ids
	@tests/chips

fuzz: ## parsers, policy, report and engine in user space; INPUTS=1000000
	@tests/fuzz/run $(addprefix --inputs ,$(INPUTS))

kunit: ## unit tests on a UML kernel; KERNEL=debug, kunit-6.1 or kunit-7.3 in QEMU
	@tests/kunit $(addprefix --kernel ,$(KERNEL))

vmtest: ## system tests; KERNEL=6.12 and CASE=name narrow them down
	@tests/vm $(addprefix --kernel ,$(KERNEL)) $(addprefix --case ,$(CASE))

vmtest-full: ## the same with every cell of the matrix on every kernel: hours
	@tests/vm --full $(addprefix --kernel ,$(KERNEL)) $(addprefix --case ,$(CASE))

installtest: ## install, boot, upgrade and uninstall on real Debian systems: an hour; CASE=name
	@tests/install --full $(addprefix --suite ,$(SUITE)) $(addprefix --case ,$(CASE))

deb: ## the Debian package, gpupt-reset-dkms_VERSION_all.deb
	@scripts/deb

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

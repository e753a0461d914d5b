# SPDX-License-Identifier: GPL-2.0
# cards: p40
# cmdline: intel_iommu=off
# checkers: debug
# ci: 7.3
# Translation is switched off on the command line, and interrupt remapping is on: two facts.

load_module
expect_host none none on
# The kernel switches ACS on only when there is an IOMMU.
expect_card p40a none 1 none "$(port p40a)" none
report
expect_said "gpupt_reset: IOMMU: off, no card can be passed to a virtual machine; Intel VT-d is there, add intel_iommu=on" \
	"gpupt_reset: interrupt remapping: on, though devices are not translated" \
	"gpupt_reset $(bdf p40a): no IOMMU group, so it cannot be passed to a virtual machine"
claim p40a
expect_errno EIO

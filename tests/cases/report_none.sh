# SPDX-License-Identifier: GPL-2.0
# cards: p40@no
# checkers: debug
# ci: 6.1
# No IOMMU at all.

load_module
expect_host none none off
# The kernel switches ACS on only when there is an IOMMU.
expect_card p40a none 0 none "$(port p40a)" none
report
expect_said "gpupt_reset: IOMMU: none, no card can be passed to a virtual machine; switch VT-d or AMD-Vi (IOMMU) on" \
	"gpupt_reset: interrupt remapping: off, the firmware describes nothing that could do it" \
	"gpupt_reset $(bdf p40a): no IOMMU group, so it cannot be passed to a virtual machine"
claim p40a
expect_errno EIO

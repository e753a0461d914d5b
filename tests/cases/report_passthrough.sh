# SPDX-License-Identifier: GPL-2.0
# cards: p40
# cmdline: iommu=pt
# checkers: debug
# ci: 7.2
# The host's own devices are passed through; a card is translated when a machine has it.

load_module
expect_host intel passthrough on
expect_card p40a some 1 1 ok none
report
expect_said "gpupt_reset: IOMMU: Intel VT-d, the host's devices are passed through (iommu=pt)" \
	"gpupt_reset: interrupt remapping: on" \
	"gpupt_reset $(bdf p40a): IOMMU group "
claim p40a
expect_errno 0
expect_open p40a 0

# SPDX-License-Identifier: GPL-2.0
# cards: p40
# cmdline: intremap=off
# checkers: debug
# ci: 7.2
# The hardware has interrupt remapping, and the command line switches it off.

load_module
expect_host intel translated off
expect_card p40a some 0 1 ok none
report
expect_said "gpupt_reset: IOMMU: Intel VT-d, the host's devices are translated" \
	"gpupt_reset: interrupt remapping: off, though the firmware has it; look for intremap=off" \
	"gpupt_reset: VFIO refuses every card, unless vfio_iommu_type1 is loaded with allow_unsafe_interrupts=1" \
	"gpupt_reset $(bdf p40a): IOMMU group $(attr p40a iommu_group), its interrupts are not isolated: $(bdf p40a)"
claim p40a
expect_errno 0
expect_open p40a EPERM

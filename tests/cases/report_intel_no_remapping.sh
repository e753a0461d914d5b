# SPDX-License-Identifier: GPL-2.0
# cards: p40@intel-noir
# checkers: debug
# ci: 6.1
# No interrupt remapping in the hardware: VFIO refuses the card, as the report says it will.

load_module
expect_host intel translated off
expect_card p40a some 0 1 ok none
report
expect_said "gpupt_reset: IOMMU: Intel VT-d, the host's devices are translated" \
	"gpupt_reset: interrupt remapping: off, the firmware says that it is not supported (DMAR flags 0x0)" \
	"gpupt_reset: VFIO refuses every card, unless vfio_iommu_type1 is loaded with allow_unsafe_interrupts=1" \
	"gpupt_reset $(bdf p40a): IOMMU group $(attr p40a iommu_group), its interrupts are not isolated: $(bdf p40a)"
claim p40a
expect_errno 0
expect_open p40a EPERM

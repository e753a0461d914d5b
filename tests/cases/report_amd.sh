# SPDX-License-Identifier: GPL-2.0
# cards: p40@amd
# checkers: debug
# ci: 6.12
# An AMD machine.

load_module
if [ "$(cat /sys/kernel/gpupt/interrupt_remapping)" = off ] && dmesg | grep -q "No southbridge IOAPIC"; then
	skip "this kernel takes the IVRS table of QEMU's amd-iommu for broken, and uses no interrupt remapping"
fi
expect_host amd translated on
expect_card p40a some 1 1 ok none
report
expect_said "gpupt_reset: IOMMU: AMD-Vi, the host's devices are translated" \
	"gpupt_reset: interrupt remapping: on" \
	"gpupt_reset $(bdf p40a): IOMMU group "
claim p40a
expect_errno 0
expect_open p40a 0

# SPDX-License-Identifier: GPL-2.0
# cards: shared
# drivers: e1000e
# ci: 6.12 7.3
# The card shares its IOMMU group with a device that the host uses: it is claimed all the same, and the log
# names who is in the way of VFIO, which then does refuse.

load_driver e1000e
other=0000:$(printf %02x $((0x$(bdf shared | cut -c 6-7) + 1))):00.0
[ -e "/sys/bus/pci/devices/$other" ] || other=0000:$(printf %02x $((0x$(bdf shared | cut -c 6-7) - 1))):00.0
wait_until 10 test -e "/sys/bus/pci/devices/$other/driver"
expect_eq "the other device's driver" "$(driver_of "$other")" e1000e
group=$(basename "$(readlink "$(device shared)/iommu_group")")
expect_eq "its group" "$(basename "$(readlink "/sys/bus/pci/devices/$other/iommu_group")")" "$group"

load_module
log_mark
claim shared
expect_errno 0
expect_eq claimed "$(claimed shared)" 1
expect_log_count 1 "gpupt_reset $(bdf shared): VFIO will not open it while the driver e1000e has $other, which is in the same IOMMU group $group"
client "$(bdf shared)" open
expect_ne "client's exit" "$rc" 0
claim shared 0
expect_errno 0
unbind "$other"
log_mark
claim shared
expect_errno 0
expect_no_log "VFIO will not open it"
client "$(bdf shared)" open id close
expect_eq "client's exit" "$rc" 0

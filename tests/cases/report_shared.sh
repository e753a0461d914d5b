# SPDX-License-Identifier: GPL-2.0
# cards: shared
# drivers: e1000e
# ci: 7.3
# A card that shares its IOMMU group with a device of the host, below ports without ACS.

load_driver e1000e
bus=$(bdf shared)
bus=${bus#0000:}
other=$(printf '0000:%02x:00.0' $((0x${bus%%:*} + 1)))
[ "$(driver_of "$other")" = e1000e ] || other=$(printf '0000:%02x:00.0' $((0x${bus%%:*} - 1)))
wait_until 10 prints e1000e driver_of "$other"
load_module
expect_host intel translated on
expect_card shared some 1 "$other" "$(port shared)" none
report
expect_log "gpupt_reset $(bdf shared): IOMMU group .*$(bdf shared) \(no driver\)"
expect_log "gpupt_reset $(bdf shared): IOMMU group .*$other \(e1000e\)"
expect_log "gpupt_reset $(bdf shared): VFIO will not open it while the driver e1000e has $other, which is in the same IOMMU group"
expect_log "gpupt_reset $(bdf shared): the port $(port shared) above it has no ACS, which is why"
bind_card shared
expect_open shared EPERM
unbind "$other"
expect_card shared some 1 1 "$(port shared)" none
expect_open shared 0

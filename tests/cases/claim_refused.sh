# SPDX-License-Identifier: GPL-2.0
# cards: host+r3080
# cmdline: intel_iommu=off
# drivers: snd-hda-codec-generic snd-hda-intel xhci-pci
# ci: 6.1 7.3
# Without an IOMMU vfio-pci takes no function. All of them were released by then, and get back the
# drivers they had.

host_uses nouveau
load_module
log_mark
claim host
expect_errno EIO
expect_log "gpupt_reset $(bdf host): not claimed: vfio-pci did not take every function.*there is no IOMMU"
expect_log_count 2 "standin let go"
drivers_settle host "$of_host"
expect_eq overrides "$(overrides_of host)" "- - - -"
expect_eq claimed "$(claimed host)" 0
unload_module

log_mark
load_module claim="$(bdf host),force"
await_log "gpupt_reset $(bdf host): not claimed: vfio-pci did not take"
drivers_settle host "$of_host"
expect_eq overrides "$(overrides_of host)" "- - - -"

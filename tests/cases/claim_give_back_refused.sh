# SPDX-License-Identifier: GPL-2.0
# cards: host+r3080
# drivers: snd-hda-codec-generic snd-hda-intel xhci-pci
# A former driver does not take its function back: the card stays claimed, whole. One that is not
# there any more keeps nobody.

host_uses nouveau
all_vfio="vfio-pci vfio-pci vfio-pci vfio-pci"
load_module
claim host
expect_errno 0
echo 1 >/sys/module/standin/parameters/refuse
log_mark
claim host 0
expect_errno EIO
expect_log "standin refuses"
expect_log "gpupt_reset $(bdf host): still claimed: a former driver did not take its function"
expect_eq drivers "$(drivers_of host)" "$all_vfio"
expect_eq overrides "$(overrides_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
expect_eq claimed "$(claimed host)" 1
client "$(bdfs host)" vm close
expect_eq "client's exit" "$rc" 0

echo 0 >/sys/module/standin/parameters/refuse
claim host 0
expect_errno 0
expect_eq "drivers again" "$(drivers_of host)" "$of_host"

claim host
expect_errno 0
rmmod standin
log_mark
claim host 0
expect_errno 0
expect_log "gpupt_reset $(bdf host): given back to no driver: nouveau, which it had, is not loaded any more"
expect_eq "drivers without it" "$(drivers_of host)" "none snd_hda_intel xhci_hcd none"
expect_eq overrides "$(overrides_of host)" "- - - -"
expect_eq claimed "$(claimed host)" 0

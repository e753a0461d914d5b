# SPDX-License-Identifier: GPL-2.0
# cards: host+r3080
# drivers: snd-hda-codec-generic snd-hda-intel xhci-pci
# The driver nvidia, which would hang in its remove function, is never released: nothing of the card is
# touched, and the log says how to free it.

host_uses nvidia
load_module
log_mark
claim host
expect_errno EBUSY
claim host force
expect_errno EBUSY
expect_log_count 2 "gpupt_reset $(bdf host): not claimed: the driver nvidia has it.*fuser -v /dev/nvidia.*systemctl stop nvidia-persistenced; echo $(bdf host) > /sys/bus/pci/drivers/nvidia/unbind"
expect_no_log "standin let go"
expect_eq drivers "$(drivers_of host)" "$of_host"
expect_eq overrides "$(overrides_of host)" "- - - -"
expect_eq claimed "$(claimed host)" 0
unload_module

# The same for a claim at the start.
log_mark
load_module claim="$(bdf host)"
await_log "gpupt_reset $(bdf host): not claimed: the driver nvidia has it"
expect_eq drivers "$(drivers_of host)" "$of_host"
expect_eq overrides "$(overrides_of host)" "- - - -"
expect_eq claimed "$(claimed host)" 0

# With what the log says it is free.
for fn in 0 3; do
	bdf host $fn >/sys/bus/pci/drivers/nvidia/unbind
done
claim host
expect_errno 0
expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
claim host 0
expect_errno 0
expect_eq "drivers again, as they were" "$(drivers_of host)" "none snd_hda_intel xhci_hcd none"

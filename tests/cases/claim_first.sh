# SPDX-License-Identifier: GPL-2.0
# cards: host+r3080
# drivers: snd-hda-codec-generic snd-hda-intel xhci-pci
# The module is there before the drivers, and claims one of two cards: the drivers take the other, and a
# machine opens the claimed one. When the module goes, no override of its is left.

log_mark
load_module claim="$(bdf host),05:00,0000:02:1f.7"
drivers_settle host "vfio-pci vfio-pci vfio-pci vfio-pci"
expect_log "gpupt_reset $(bdf host): claimed for vfio-pci, from no driver"
expect_log "claim= names 0000:05:00, where there is no NVIDIA GPU"
expect_log "claim= names 0000:02:1f, where there is no NVIDIA GPU"
expect_eq "overrides of the other" "$(overrides_of r3080)" "- -"
load_driver standin name=nouveau
load_driver snd-hda-codec-generic
load_driver snd-hda-intel
load_driver xhci-pci
# Its audio function is not one that works, which the driver may find out late.
wait_until 10 test -e "$(device r3080)/driver" || :
expect_eq "driver of the other" "$(driver_of "$(bdf r3080)")" nouveau
expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
expect_eq claimed "$(claimed host) $(claimed r3080)" "1 0"
client "$(bdfs host)" vm close
expect_eq "client's exit" "$rc" 0

# It was seen alive before it was claimed, so it comes back whole from a hang.
ctl host hang config sbr
client "$(bdfs host)" vm close
expect_eq "client's exit after a hang" "$rc" 0
expect_eq last_result "$(attr host last_result)" ok

# Given back it goes to drivers that came too late.
claim host 0
expect_errno 0
drivers_settle host "nouveau snd_hda_intel xhci_hcd nouveau"
expect_eq claimed "$(claimed host)" 0
claim host
expect_errno 0
unload_module
expect_eq "drivers after unload" "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
expect_eq "overrides after unload" "$(overrides_of host)" "- - - -"

# A module that is loaded late takes the card from the drivers that have it.
unbind "$(bdf host)"
load_module
claim host 0
unload_module
for b in $(bdfs host | tr , ' '); do
	unbind "$b"
	echo "$b" >/sys/bus/pci/drivers_probe
done
drivers_settle host "nouveau snd_hda_intel xhci_hcd nouveau"
load_module claim=10de:1e87
drivers_settle host "vfio-pci vfio-pci vfio-pci vfio-pci"
expect_eq "driver of the other" "$(driver_of "$(bdf r3080)")" nouveau
client "$(bdfs host)" vm close
expect_eq "client's exit" "$rc" 0
claim host 0
expect_errno 0
drivers_settle host "nouveau snd_hda_intel xhci_hcd nouveau"

# SPDX-License-Identifier: GPL-2.0
# cards: host+r3080
# vfio-pci is not there: a claim at the start keeps other drivers off until it is, one by hand is refused
# unless modprobe can load it.

rmmod vfio_pci
log_mark
load_module claim="$(bdf host)"
await_log "gpupt_reset $(bdf host): not bound to vfio-pci, which is not loaded; modprobe vfio-pci"
load_driver standin
expect_eq "drivers before vfio-pci" "$(drivers_of host)" "none none none none"
expect_eq "driver of the other" "$(driver_of "$(bdf r3080)")" standin
expect_eq claimed "$(claimed host)" 1
claim r3080 force
expect_errno ENODEV
expect_eq "drivers of the other still" "$(drivers_of r3080)" "standin none"
expect_eq "overrides of the other" "$(overrides_of r3080)" "- -"

# The way the kernel asks for a module.
mkdir -p /sbin
cat >/sbin/modprobe <<'END'
#!/bin/sh
[ "$*" = "-q -- vfio-pci" ] && insmod /modules/vfio-pci.ko
END
chmod +x /sbin/modprobe
claim r3080 force
expect_errno 0
rm /sbin/modprobe
expect_eq "drivers of the other" "$(drivers_of r3080)" "vfio-pci vfio-pci"
drivers_settle host "vfio-pci vfio-pci vfio-pci vfio-pci"
client "$(bdfs host)" vm close
expect_eq "client's exit" "$rc" 0
client "$(bdfs r3080)" vm close
expect_eq "client's exit" "$rc" 0

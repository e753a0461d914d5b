# SPDX-License-Identifier: GPL-2.0
# cards: host
# cmdline: root=/dev/vda ro init=/enter
# drivers: nouveau snd-hda-intel xhci-pci
# timeout: 90
# ci: none
# checkers: no
# A Debian boots from its disk, with the module in the initramfs that update-initramfs made: the card is
# claimed before the root is mounted, and udev's coldplug, there and later, finds nothing to bind, though
# it loads the drivers (nouveau, on a card that is not claimed, trips over the missing VBIOS and warns).

# line REGEX: number of the first such line of the kernel's log, 0 without
line() {
	dmesg | grep -n -m 1 -E "$1" | cut -d : -f 1 | grep . || echo 0
}

mounted=$(line 'EXT4-fs \(vda\): mounted')
coldplug=$(line 'gpupt-test: coldplug begins')
expect_at_least "the root was mounted, line" "$mounted" 1
expect_at_least "coldplug of the root, line" "$coldplug" "$mounted"
for fn in $(functions host); do
	claimed=$(line "gpupt_reset $(bdf host "$fn"): claimed for vfio-pci, from no driver")
	expect_at_least "$fn was claimed, line" "$claimed" 1
	expect_at_most "$fn was claimed, line" "$claimed" "$mounted"
	expect_eq "$fn had a driver of the host, line" \
		"$(line "(xhci_hcd|snd_hda_intel) $(bdf host "$fn")")" 0
done
expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
expect_eq overrides "$(overrides_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
for driver in nouveau xhci_pci snd_hda_intel; do
	# Kernels from elsewhere may have none.
	[ -e "/modules/$(echo $driver | tr _ -).absent" ] || expect test -d /sys/module/$driver
done
expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace
expect_eq claimed "$(claimed host)" 1

client "$(bdfs host)" vm close
expect_eq "client's exit" "$rc" 0
expect_at_least "resets through the hook" "$(attr host resets)" 2

[ -e /modules/nouveau.absent ] || rmmod nouveau
claim host 0
expect_errno 0
drivers_settle host "none snd_hda_intel xhci_hcd none"

# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# ci: trixie
# Installed from the checkout, and booted: the module is loaded, reached by VFIO, and has claimed its card in
# the initramfs, before any driver of the host. (boot_claims has the whole story.)

. "$GPUPT_TESTS/lib/helper.sh"

running 6.1.0-1-amd64
mkdir "$root/etc/gpupt.d"
printf '%s\n' "0000:01:00=10de:1e87 # the only display" force >"$root/etc/gpupt.d/0000:01:00.conf"
gpupt_from_checkout install -y
expect_rc 4
boot "$kernel_a" '
	expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace
	expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
	for fn in $(functions host); do
		expect test -n "$(dmesg | grep "gpupt_reset $(bdf host "$fn"): claimed for vfio-pci, from no driver")"
	done
	dmesg | grep -m 1 -n "systemd.1.: systemd .* running" >/tmp/systemd
	dmesg | grep -m 1 -n "claimed for vfio-pci, from no driver" >/tmp/claimed
	expect_at_most "line of the claim" "$(cut -d : -f 1 /tmp/claimed)" "$(cut -d : -f 1 /tmp/systemd)"
	expect_eq unit "$(systemctl is-active gpupt-claim.service)" active
	gpupt status --no-color
	gpupt list --json | jq -c ".cards[0] | [.claimed, .claimed_at_boot, .state]" >/tmp/list
	expect_eq "claimed, at boot, state" "$(cat /tmp/list)" "[true,true,\"unknown\"]"
	# As hooks of virtual machines do it.
	for driver in nouveau nvidiafb snd_hda_intel xhci_pci; do
		modprobe "$driver" || :
		modprobe -r "$driver" || :
		expect test -d /sys/module/gpupt_reset
		expect test -d /sys/module/vfio_pci
		expect_eq "claimed, without $driver" "$(claimed host)" 1
		modprobe "$driver" || :
	done
	expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
	modprobe -r gpupt_reset
	expect_eq overrides "$(overrides_of host | tr -d " -")" ""
	modprobe gpupt_reset
	expect wait_until 10 prints 1 claimed host
	ctl host hang bar sbr
	gpupt reset 10de:1e87
'
expect_rc 0

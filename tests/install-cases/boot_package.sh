# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# ci: none
# The Debian package on a host that runs: claimed in the initramfs, reached by VFIO, and taken away live.

. "$GPUPT_TESTS/lib/helper.sh"

snapshot before
running 6.1.0-1-amd64
mkdir "$root/etc/gpupt.d"
printf '%s\n' 0000:01:00=10de:1e87 force >"$root/etc/gpupt.d/0000:01:00.conf"
install_deb
expect_rc 0
expect_built "$kernel_a"
boot_seconds=700
boot "$kernel_a" '
	expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace
	expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
	expect_eq unit "$(systemctl is-active gpupt-claim.service)" active
	dmesg | grep -m 1 -n "systemd.1.: systemd .* running" >/tmp/systemd
	dmesg | grep -m 1 -n "claimed for vfio-pci, from no driver" >/tmp/claimed
	expect_at_most "line of the claim" "$(cut -d : -f 1 /tmp/claimed)" "$(cut -d : -f 1 /tmp/systemd)"
	gpupt status --no-color
	client "$(bdfs host)" vm close
	expect_eq "exit of a VM" "$rc" 0
	expect_at_least "resets through the hook" "$(attr host resets)" 1

	# Once more from nothing: a command that needs the module loads it.
	rmmod gpupt_reset
	expect_not grep -q gpupt /proc/modules
	ctl host hang bar sbr
	gpupt reset 2080
	expect_eq state "$(attr host state)" ok

	# A card that vfio-pci has stays with it.
	apt-get -q -y -o Dpkg::Use-Pty=0 purge gpupt-reset-dkms
	expect_not grep -q gpupt /proc/modules
	expect_not test -e /sys/bus/pci/devices/$(bdf host)/gpupt_claim
	expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
'
expect_rc 0
same_as before

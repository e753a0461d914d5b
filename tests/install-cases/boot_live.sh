# SPDX-License-Identifier: GPL-2.0
# timeout: 3000
# ci: none
# On a running host, without a reboot: the package is installed, its module is loaded and reached by VFIO, and
# is gone with it; then the same from the checkout. All is done by the guest, so it takes its time.

. "$GPUPT_TESTS/lib/helper.sh"

make_deb
machine=host+r3080
boot_seconds=2500
snapshot before
cp "$deb" "$root/var/tmp/gpupt.deb"
boot "$kernel_a" '
	expect_not grep -q gpupt /proc/modules
	apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install /var/tmp/gpupt.deb
	expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace
	gpupt status --no-color
	gpupt claim 2080
	expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
	gpupt release 2080
	drivers_settle host "none snd_hda_intel xhci_hcd none"
	apt-get -q -y -o Dpkg::Use-Pty=0 purge gpupt-reset-dkms
	expect_not grep -q gpupt /proc/modules

	/root/gpupt_reset/scripts/gpupt install -y
	expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace
	gpupt claim 2080
	# A card that vfio-pci has stays with it.
	gpupt uninstall -y
	expect_not grep -q gpupt /proc/modules
	expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
'
expect_rc 0
same_as before

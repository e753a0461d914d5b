# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# ci: none
# A card is claimed at boot also by a kernel that came later; when the initramfs lost the claim, the unit makes up
# for it, and status says so.

. "$GPUPT_TESTS/lib/helper.sh"

install_kernel_b
expect_rc 0
remove_kernel_b
snapshot before

machine=host+r3080
boot_seconds=600
running 6.1.0-1-amd64
mkdir "$root/etc/gpupt.d"
printf '%s\n' "0000:01:00=10de:1e87" force >"$root/etc/gpupt.d/0000:01:00.conf"
gpupt_from_checkout install -y
expect_rc 4

install_kernel_b
expect_rc 0
expect_built "$kernel_b"
must sh -c "mv /etc/gpupt.d /tmp/ && update-initramfs -u -k $kernel_b && mv /tmp/gpupt.d /etc/"
boot "$kernel_b" '
	uname -r
	expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
	# Ahead of a driver that the root has, though not of those in the initramfs.
	expect test -n "$(dmesg | grep "gpupt_reset $(bdf host 1): claimed for vfio-pci, from no driver")"
	expect_eq "unit that loads" "$(systemctl is-active gpupt-load.service)" active
	expect_eq unit "$(systemctl is-active gpupt-claim.service)" active
	journalctl -b -u gpupt-claim --no-pager
	rc=0; gpupt status --no-color || rc=$?
	expect_eq "exit of status" $rc 1
'
expect_rc 0
gpupt_from_checkout uninstall -y
expect_rc 0
remove_kernel_b
same_as before

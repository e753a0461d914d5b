# SPDX-License-Identifier: GPL-2.0
# root: fresh
# ci: bookworm
# timeout: 400
# From a fresh Debian to a built module and back, by one command each: packages, DKMS, every file, twice
# the same as once, and afterwards the system as it was.

. "$GPUPT_TESTS/lib/helper.sh"

snapshot before
gpupt_from_checkout install --dry-run
expect_rc 2
expect_out 'apt-get install .*dkms'
expect_out "build the module for $(regex "$kernel_a")"
same_as before

gpupt_from_checkout install
expect_rc 1
expect_out 'use -y to go on'
same_as before

# Another kernel runs than those that are installed, so the module is for the next boot.
running 6.1.0-1-amd64
gpupt_from_checkout install -y
expect_rc 4
expect_out 'loaded at the next boot'
expect_built "$kernel_a"
for path in /etc/initramfs-tools/hooks/gpupt /etc/kernel/postinst.d/00-gpupt /usr/local/sbin/gpupt \
	/usr/local/share/man/man8/gpupt.8 /etc/systemd/system/sysinit.target.wants/gpupt-load.service \
	/etc/systemd/system/multi-user.target.wants/gpupt-claim.service; do
	expect_file "$path"
done
in_root lsinitramfs "/boot/initrd.img-$kernel_a"
expect_no_out gpupt_reset

# By itself, without the checkout.
in_root gpupt status --no-color
expect_out "ok +kernel +$(regex "$kernel_a") has the module, version $(cat "$GPUPT_TOP/VERSION")"
expect_out 'ok +installed +version'
in_root gpupt install -y
expect_rc 1
expect_out 'from its checkout'

snapshot installed
gpupt_from_checkout install -y
expect_rc 4
expect_out 'is installed for'
same_as installed
gpupt_from_checkout install --dry-run --json
expect_rc 0
expect_out '"result": "done"'
expect_out '"plan": \[\]'

in_root gpupt uninstall --dry-run
expect_rc 2
same_as installed
in_root gpupt uninstall -y
expect_rc 0
same_as before
gpupt_from_checkout uninstall -y
expect_rc 2

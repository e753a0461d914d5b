# SPDX-License-Identifier: GPL-2.0
# timeout: 400
# ci: bookworm
# A kernel that is installed later has the module by itself, in its initramfs as well where a card is claimed;
# one that is removed takes it away.

. "$GPUPT_TESTS/lib/helper.sh"

install_deb
expect_rc 0
expect_configured
expect_built "$kernel_a"
mkdir -p "$root/etc/gpupt.d"
echo "0000:01:00=10de:1b38" >"$root/etc/gpupt.d/0000:01:00.conf"

# First without its headers, as on a host that has not their metapackage.
[ -n "$kernel_b" ] || skip "there is no later kernel to be had"
must apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install "linux-image-$kernel_b"
in_root gpupt status --no-color
expect_rc 1
expect_out "BAD +kernel +$(regex "$kernel_b") has no headers"
expect_out "apt install linux-headers-$(regex "$kernel_b") linux-headers-amd64"
install_kernel_b
expect_rc 0
expect_configured
expect_built "$kernel_b"
must lsinitramfs "/boot/initrd.img-$kernel_b"
expect_out 'gpupt_reset\.ko'
expect_out 'etc/modprobe.d/gpupt_claim.conf'
in_root gpupt status --no-color
expect_out "ok +kernel +$(regex "$kernel_b") has the module"
expect_out 'ok +claims +at every boot: 0000:01:00=10de:1b38'
# The initramfs of A is from before the claim.
expect_out "BAD +initramfs +that of $(regex "$kernel_a") does not have the module"
expect_out "update-initramfs -u -k $(regex "$kernel_a")"

remove_kernel_b
expect_rc 0
expect_no_file "/lib/modules/$kernel_b/updates"
must dkms status
expect_no_out "$(regex "$kernel_b")"
must apt-get -q -y -o Dpkg::Use-Pty=0 purge gpupt-reset-dkms
expect_configured
expect_no_file "/lib/modules/$kernel_a/updates"
must find / -xdev -name '*gpupt*' -not -path '/root/gpupt_reset*' -not -path '/tmp/*' -not -path '/var/cache/*'
expect_eq "left behind" "$(cat "$out")" ""

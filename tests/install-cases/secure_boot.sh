# SPDX-License-Identifier: GPL-2.0
# timeout: 120
# ci: trixie
# What is said where Secure Boot is on: whether the key of DKMS is enrolled, and what to do. The real mokutil,
# on variables that are written here.

. "$GPUPT_TESTS/lib/helper.sh"

must apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install mokutil
mkdir -p "$root/sys/firmware/efi" "$root/tmp/efivars"
# Four bytes of attributes, and a number of one byte.
printf '\6\0\0\0\1' >"$root/tmp/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
printf '\6\0\0\0\0' >"$root/tmp/efivars/SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c"

gpupt_on_efi() {
	in_root env EFIVARFS_PATH=/tmp/efivars/ /root/gpupt_reset/scripts/gpupt "$@"
}

in_root env EFIVARFS_PATH=/tmp/efivars/ mokutil --sb-state
expect_out '^SecureBoot enabled$'
gpupt_on_efi status --no-color
expect_rc 1
expect_out 'BAD +secure boot +on, and the firmware does not know the key'
expect_out 'mokutil --import /var/lib/dkms/mok.pub, reboot, and choose Enroll MOK'
expect_out 'BAD +module +not loaded: Secure Boot does not know its key'
gpupt_on_efi install -y
expect_rc 4
expect_out 'To enrol it: mokutil --import /var/lib/dkms/mok.pub '
expect_no_out 'loading gpupt_reset'
# Also before the kernel that has it was booted; and whatever else DKMS is configured for.
# shellcheck disable=SC2016	# it is DKMS's
echo 'mok_certificate=${kernelver:+/var/lib/dkms/mok.pub}' >"$root/etc/dkms/framework.conf.d/test.conf"
running 6.1.0-1-amd64
gpupt_on_efi install -y
expect_rc 4
expect_out 'To enrol it: mokutil --import /var/lib/dkms/mok.pub '
expect_out 'does not have it\), once its key is enrolled$'
running "$kernel_a"

# A list of one X.509 certificate: type, sizes of list, header and entry, owner, certificate.
size=$(stat -c %s "$root/var/lib/dkms/mok.pub")
number() {
	# shellcheck disable=SC2059	# the format is the number
	printf "\\x$(printf %02x $(($1 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))\\x$(printf %02x $(($1 >> 16)))\\0"
}
{
	printf '\6\0\0\0'
	printf '\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72'
	number $((size + 44)) && number 0 && number $((size + 16))
	printf '\x50\xab\x5d\x60\x46\xe0\x00\x43\xab\xb6\x3d\xd8\x10\xdd\x8b\x23'
	cat "$root/var/lib/dkms/mok.pub"
} >"$root/tmp/efivars/MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23"
in_root env EFIVARFS_PATH=/tmp/efivars/ mokutil --test-key /var/lib/dkms/mok.pub
expect_out 'already enrolled'
gpupt_on_efi status --no-color
expect_out 'ok +secure boot +on, and the firmware knows the key'

printf '\6\0\0\0\0' >"$root/tmp/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
gpupt_on_efi status --no-color
expect_out 'ok +secure boot +off'

# shellcheck shell=bash disable=SC2154	# names that cross files
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by cases of tests/install-cases: the helper of the checkout, and kernels that come and go.
#   gpupt_from_checkout WORD...
#   make_deb [VERSION]     sets $deb to the package of this checkout, or of one with that version, in /mnt
#   install_deb [VERSION]  by apt
#   expect_built KERNEL    DKMS has installed the module there, and modprobe would find it
#   install_kernel_b, remove_kernel_b, expect_configured
#   regex TEXT             what matches TEXT and nothing else, for expect_out

regex() {
	# shellcheck disable=SC2001
	sed 's/[].[*+?(){}|^$\\]/\\&/g' <<<"$1"
}

gpupt_from_checkout() {
	in_root /root/gpupt_reset/scripts/gpupt "$@"
}

# make_deb [VERSION]: sets $deb to the package of the checkout, or of one with this version
make_deb() {
	local tree=$scratch/deb-tree old
	old=$(cat "$GPUPT_TOP/VERSION")
	rm -rf "$tree"
	cp -a "$work/checkout" "$tree"
	sed -i "1,/$(regex "$old")/s/$(regex "$old")/${1:-$old}/" "$tree/VERSION" "$tree/dkms.conf" \
		"$tree/debian/changelog"
	deb=$(with_lock deb "$tree/scripts/deb" --no-lintian --out "$root/mnt" 2>"$dir/deb.log") || {
		cat "$dir/deb.log"
		fail "the package does not build"
	}
}

install_deb() {
	local deb
	make_deb "$@"
	in_root apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install "/mnt/${deb##*/}"
}

expect_built() {
	must dkms status
	expect_out "gpupt-reset.*$(regex "$1").*: installed"
	must modinfo -k "$1" -n gpupt_reset
	expect_out "/lib/modules/$(regex "$1")/updates/dkms/gpupt_reset\.ko"
}

# A later kernel as apt brings it. Leaves out and rc.
install_kernel_b() {
	[ -n "$kernel_b" ] || skip "there is no later kernel to be had"
	in_root apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install \
		"linux-image-$kernel_b" "linux-headers-$kernel_b"
}

remove_kernel_b() {
	in_root apt-get -q -y --purge -o Dpkg::Use-Pty=0 autoremove "linux-image-$kernel_b" \
		"linux-headers-$kernel_b"
}

# expect_configured: dpkg has nothing half done.
expect_configured() {
	must dpkg --audit
	expect_eq "half-done packages" "$(cat "$out")" ""
}

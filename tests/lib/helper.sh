# shellcheck shell=bash disable=SC2154	# names that cross files
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by cases of tests/install-cases: the helper of the checkout, and kernels that come and go.
#   gpupt_from_checkout WORD...
#   install_deb            the package of this checkout, by apt
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

# One build for all cases of a run.
install_deb() {
	local deb
	deb=$(with_lock deb "$GPUPT_TOP/scripts/deb" --no-lintian --out "$work/deb" 2>"$dir/deb.log") || {
		cat "$dir/deb.log"
		fail "the package does not build"
	}
	cp "$deb" "$root/tmp/"
	in_root apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install "/tmp/${deb##*/}"
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

# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# suites: bookworm
# What "make deb" builds is clean for lintian.

rc=0
with_lock deb "$work/checkout/scripts/deb" --out "$root/mnt" >"$out" 2>&1 || rc=$?
cat "$out"
last="scripts/deb"
expect_rc 0
expect_eq "packages" "$(find "$root/mnt" -name 'gpupt-reset-dkms_*_all.deb' | wc -l)" 1
expect_no_out '^[EWIP]: '

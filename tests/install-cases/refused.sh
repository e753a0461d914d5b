# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# What keeps an installation from working is said before anything is changed, and what ends it half-way is
# taken back.

. "$GPUPT_TESTS/lib/helper.sh"

install="cd /root/gpupt_reset && scripts/gpupt install -y"
snapshot before

in_root setpriv --reuid 65534 --clear-groups /root/gpupt_reset/scripts/gpupt install -y
expect_rc 1
expect_out 'needs root'

chown 1000 "$root/root/gpupt_reset/src/main.c"
in_root sh -c "$install"
expect_rc 5
expect_out 'src/main.c belongs to somebody else'
in_root sh -c "export SUDO_UID=1000; $install --dry-run"
expect_rc 2
chown 0 "$root/root/gpupt_reset/src/main.c"
chmod o+w "$root/root/gpupt_reset/scripts/lib/common.sh"
in_root sh -c "$install"
expect_rc 5
chmod o-w "$root/root/gpupt_reset/scripts/lib/common.sh"

# No headers, and none to be had.
mv "$root/lib/modules/$kernel_a/build" "$root/tmp/build"
mv "$root/etc/apt/sources.list" "$root/tmp/sources.list"
in_root sh -c "apt-get -q update; dpkg -P --force-depends linux-headers-amd64 linux-headers-$kernel_a >/dev/null; $install"
expect_rc 1
expect_out "the headers of $(regex "$kernel_a") are missing, and apt does not know .*linux-headers-$(regex "$kernel_a")"
mv "$root/tmp/sources.list" "$root/etc/apt/sources.list"

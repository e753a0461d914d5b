# SPDX-License-Identifier: GPL-2.0
# ci: none
# timeout: 800
# A newer checkout over an older one; files that were there before come back, those that were changed since
# are kept aside.

. "$GPUPT_TESTS/lib/helper.sh"

echo "# mine, from the README" >"$root/etc/systemd/system/gpupt-claim.service"
running 6.1.0-1-amd64
snapshot before
gpupt_from_checkout install -y
expect_rc 4
expect_built "$kernel_a"
expect_eq "the unit" "$(grep -c mine "$root/etc/systemd/system/gpupt-claim.service")" 0
snapshot fresh

# 0.1.0 had softdeps, and no unit that loads the module.
in_root sh -c 'gpupt uninstall -y && cp -a /root/gpupt_reset /root/later && cd /root/gpupt_reset/scripts/etc &&
	rm systemd/system/*/gpupt-load.service systemd/system/gpupt-load.service &&
	mkdir modprobe.d modules-load.d && echo gpupt_reset >modules-load.d/gpupt_reset.conf &&
	echo "softdep nouveau pre: gpupt_reset" >modprobe.d/gpupt_reset.conf'
gpupt_from_checkout install -y
expect_rc 4
expect_file /etc/modprobe.d/gpupt_reset.conf
in_root sh -c 'rm -r /root/gpupt_reset && mv /root/later /root/gpupt_reset'
gpupt_from_checkout install -y
expect_rc 4
expect_out 'remove /etc/modprobe.d/gpupt_reset.conf, which this version has not'
# What differs is our own account of it, and DKMS's of the build.
differs_from fresh >"$out" || :
expect_no_out '^[-+]/(etc|usr|boot|lib)'
expect_no_out '^[-+]\(in initrd'

# The next version.
in_root sh -c 'cd /root/gpupt_reset && sed -i s/0.1.0/0.1.1/ VERSION dkms.conf && scripts/gpupt install -y'
expect_rc 4
expect_out 'remove version 0.1.0'
in_root dkms status
expect_out "gpupt-reset.*0\.1\.1.*$(regex "$kernel_a").*installed"
expect_no_out '0\.1\.0'
expect_no_file /usr/src/gpupt-reset-0.1.0
in_root modinfo -k "$kernel_a" -F version gpupt_reset
expect_out '^0\.1\.1$'

# A version that does not build leaves the one that does.
echo '#error broken' >>"$root/root/gpupt_reset/src/main.c"
in_root sh -c 'cd /root/gpupt_reset && sed -i s/0.1.1/0.1.2/ VERSION dkms.conf && scripts/gpupt install -y'
expect_rc 1
expect_out "could not be built for $(regex "$kernel_a")"
expect_out 'installation that was there is as it was'
expect_eq "the reason, in the log" "$(grep -c 'error: #error broken' "$root/var/log/gpupt.log")" 1
in_root dkms status
expect_out '0\.1\.1.*installed'
expect_no_out '0\.1\.2'
in_root gpupt status --no-color
expect_out 'ok +installed +version 0\.1\.1'
expect_no_out 'BAD +initramfs'

# The same without a new version: what there was is built again.
in_root sh -c 'cd /root/gpupt_reset && sed -i s/0.1.2/0.1.1/ VERSION dkms.conf && scripts/gpupt install -y'
expect_rc 1
expect_out 'is as it was'
expect_built "$kernel_a"
expect_eq "source" "$(grep -c '#error broken' "$root/usr/src/gpupt-reset-0.1.1/src/main.c")" 0

# Cut off after the build: nothing of the old one is left to go back to, so the next run goes on.
rm -rf "$root/root/gpupt_reset"
cp -a "$work/checkout" "$root/root/gpupt_reset"
in_root sh -c 'cd /root/gpupt_reset && sed -i s/0.1.0/0.1.3/ VERSION dkms.conf && echo "# newer" >>scripts/lib/boot.sh'
mv "$root/usr/sbin/update-initramfs" "$root/tmp/"
printf '#!/bin/sh\nexit 1\n' >"$root/usr/sbin/update-initramfs"
chmod 755 "$root/usr/sbin/update-initramfs"
gpupt_from_checkout install -y
expect_rc 1
expect_out 'update-initramfs failed'
expect_out 'partly replaced: when the reason is mended, run gpupt install again'
in_root gpupt status --no-color
expect_rc 1
expect_out 'BAD +installed +half'
mv "$root/tmp/update-initramfs" "$root/usr/sbin/"
gpupt_from_checkout install -y
expect_rc 4
expect_built "$kernel_a"
in_root gpupt status --no-color
expect_out 'ok +installed +version 0\.1\.3'

echo "# changed" >>"$root/etc/systemd/system/gpupt-load.service"
in_root gpupt uninstall -y
expect_rc 0
expect_out 'changed since; that is kept in /var/backups'
expect_eq "kept" "$(tail -n 1 "$root/var/backups/gpupt/etc/systemd/system/gpupt-load.service")" "# changed"
rm -r "$root/var/backups/gpupt"
same_as before

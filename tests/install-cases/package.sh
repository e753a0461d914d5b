# SPDX-License-Identifier: GPL-2.0
# timeout: 800
# ci: trixie
# The Debian package: install, upgrade, remove, purge, and the system is as it was.

. "$GPUPT_TESTS/lib/helper.sh"

snapshot before
mkdir -p "$root/var/lib/gpupt"
: >"$root/var/lib/gpupt/manifest"
install_deb
expect_rc 100
expect_out 'a checkout is installed'
rm -r "$root/var/lib/gpupt"
must dpkg --configure -a
same_as before

install_deb
expect_rc 0
expect_configured
expect_built "$kernel_a"
must gpupt --version
expect_out "^gpupt $(regex "$(cat "$GPUPT_TOP/VERSION")")\$"
in_root gpupt status --no-color
expect_out 'ok +installed +by the package'
expect_out "ok +kernel +$(regex "$kernel_a") has the module"
in_root gpupt install
expect_rc 1
gpupt_from_checkout install -y
expect_rc 1
expect_out 'apt purge gpupt-reset-dkms first'
in_root gpupt uninstall -y
expect_rc 1
expect_out 'apt purge gpupt-reset-dkms'
expect_file /etc/systemd/system/sysinit.target.wants/gpupt-load.service
expect_file /etc/systemd/system/multi-user.target.wants/gpupt-claim.service
for path in man/man8/gpupt.8.gz bash-completion/completions/gpupt; do
	expect_file "/usr/share/$path"
done

# The same again, and a claim, which gets into the initramfs, and out of it with the package.
echo "0000:01:00=10de:1b38" >"$root/etc/gpupt.d/0000:01:00.conf"
must dpkg-reconfigure gpupt-reset-dkms
expect_built "$kernel_a"
must lsinitramfs "/boot/initrd.img-$kernel_a"
expect_out 'gpupt_reset\.ko'
must sh -c "unmkinitramfs /boot/initrd.img-$kernel_a /tmp/i && cd /tmp/i/main 2>/dev/null || cd /tmp/i
cat etc/modprobe.d/gpupt_claim.conf; sed -n 's,.*/init-top/\([^ ]*\) .*,\1,p' scripts/init-top/ORDER | paste -sd' '"
expect_out '^options gpupt_reset claim=0000:01:00=10de:1b38$'
expect_out '^(.* )?gpupt (.* )?udev( |$)'


# A newer version, and one that does not build, which is said; dpkg has nothing half done.
install_deb 0.1.1
expect_rc 0
expect_configured
must dkms status
expect_out '0\.1\.1.*installed'
expect_no_out '0\.1\.0'
must modinfo -k "$kernel_a" -F version gpupt_reset
expect_out '^0\.1\.1$'
expect_no_file /usr/src/gpupt-reset-0.1.0
must lsinitramfs "/boot/initrd.img-$kernel_a"
expect_out 'gpupt_reset\.ko'
make_deb 0.1.2
mkdir "$root/mnt/broken"
dpkg-deb -R "$root/mnt/${deb##*/}" "$root/mnt/broken"
echo '#error broken' >>"$root/mnt/broken/usr/src/gpupt-reset-0.1.2/src/main.c"
dpkg-deb --root-owner-group -b "$root/mnt/broken" "$root/mnt/broken.deb" >/dev/null
in_root dpkg -i /mnt/broken.deb
expect_rc 0
expect_out "gpupt: WARNING: gpupt_reset could not be built for $(regex "$kernel_a")"
expect_configured

must apt-get -q -y -o Dpkg::Use-Pty=0 remove gpupt-reset-dkms
must lsinitramfs "/boot/initrd.img-$kernel_a"
expect_no_out gpupt
expect_file /etc/gpupt.d/0000:01:00.conf
in_root dkms status
expect_no_out gpupt
must apt-get -q -y -o Dpkg::Use-Pty=0 purge gpupt-reset-dkms
same_as before

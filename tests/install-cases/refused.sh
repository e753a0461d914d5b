# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# ci: trixie
# What keeps an installation from working is said before anything is changed.

. "$GPUPT_TESTS/lib/helper.sh"

checkout=$root/root/gpupt_reset
snapshot before

chmod 755 "$root/root"
in_root setpriv --reuid 65534 --clear-groups /root/gpupt_reset/scripts/gpupt install -y
expect_rc 1
expect_out 'needs root: try it with sudo'
chmod 700 "$root/root"

# Somebody else's checkout, or one that everybody may write.
chown 1000 "$checkout/src/main.c"
gpupt_from_checkout install -y
expect_rc 5
expect_out 'src/main.c belongs to somebody else'
in_root env SUDO_UID=1000 /root/gpupt_reset/scripts/gpupt install --dry-run
expect_rc 2
chown 0 "$checkout/src/main.c"
chmod o+w "$checkout/scripts/lib/common.sh"
gpupt_from_checkout install -y
expect_rc 5
expect_out 'scripts/lib/common.sh'
chmod o-w "$checkout/scripts/lib/common.sh"

# Two at once.
in_root sh -c 'flock /run/gpupt.lock sleep 8 & sleep 1; rc=0
	/root/gpupt_reset/scripts/gpupt install -y || rc=$?
	wait; exit $rc'
expect_rc 1
expect_out 'another gpupt is at work'

# /boot read-only.
mount --bind "$root/boot" "$root/boot"
mount -o remount,ro,bind "$root/boot"
gpupt_from_checkout install -y
expect_rc 1
expect_out '/boot cannot be written: is it mounted read-only'
umount "$root/boot"

# Too little room for another initramfs, which is told before DKMS builds for minutes.
mount -t tmpfs -o size=60M small "$root/boot"
cp "$root/../upper/boot/"* "$root/boot/" 2>/dev/null || :
: >"$root/boot/vmlinuz-$kernel_a"
head -c 40M /dev/zero >"$root/boot/initrd.img-$kernel_a"
gpupt_from_checkout install -y
expect_rc 1
expect_out 'the disk of /boot has [0-9]+ MB free, and [0-9]+ are needed: nothing was changed'
umount "$root/boot"

# No headers of the running kernel, and none to be had.
in_root dpkg -P --force-depends "linux-headers-$kernel_a" linux-headers-amd64
mv "$root/etc/apt/sources.list" "$root/tmp/"
must apt-get -q update
gpupt_from_checkout install -y
expect_rc 1
expect_out "the headers of $(regex "$kernel_a") are missing, and apt does not know their package, linux-headers-$(regex "$kernel_a")"
mv "$root/tmp/sources.list" "$root/etc/apt/"
must apt-get -q update
# The first line says what is missing on a host of Proxmox VE.
: >"$root/usr/bin/pveversion"
chmod 755 "$root/usr/bin/pveversion"
mkdir -p "$root/lib/modules/6.8.12-99-pve"
: >"$root/boot/vmlinuz-6.8.12-99-pve"
running 6.8.12-99-pve
gpupt_from_checkout install -y
expect_rc 1
expect_out 'headers of 6.8.12-99-pve .*proxmox-headers-6.8.12-99-pve\. apt has no repository of Proxmox VE: .*pve-no-subsc'

# Such a host without a subscription has repositories that refuse it, in both formats of apt, which says so.
sources=$root/etc/apt/sources.list.d
echo "deb https://enterprise.proxmox.com/debian/pve $suite pve-enterprise" >"$sources/pve-enterprise.list"
cat >"$sources/ceph.sources" <<-'END'
	Types: deb
	URIs: https://enterprise.proxmox.com/debian/ceph-squid
	Suites: trixie
	Components: enterprise
END
cat >"$root/usr/local/bin/apt-get" <<-'END'
	#!/bin/sh
	[ "$*" = "-q -o DPkg::Lock::Timeout=300 update" ] || exec /usr/bin/apt-get "$@"
	cat >&2 <<EOE
	Err:1 https://enterprise.proxmox.com/debian/pve trixie InRelease
	  401  Unauthorized [IP: 192.0.2.1 443]
	E: Failed to fetch https://enterprise.proxmox.com/debian/pve/dists/trixie/InRelease  401  Unauthorized [IP: 192.0.2.1 443]
	E: The repository 'https://enterprise.proxmox.com/debian/pve trixie InRelease' is not signed.
	EOE
	exit 100
END
chmod 755 "$root/usr/local/bin/apt-get"
no_subscription='proxmox-headers-6.8.12-99-pve\. apt has only those repositories of Proxmox VE that want a subscription'
gpupt_from_checkout install -y
expect_rc 1
expect_out 'enterprise\.proxmox\.com refuses apt \(401\).* /etc/apt/sources.list.d/ceph.sources .*/pve-enterprise.list '
expect_out "$no_subscription, and no key: .*: deb http://download.proxmox.com/debian/pve $suite pve-no-subscription\$"
expect_no_out 'apt update may find it'
: >"$root/var/log/gpupt.log"
gpupt_from_checkout install --dry-run
expect_rc 1
expect_out "$no_subscription"
# With one that may be used as well, apt update is all that can be tried.
echo "deb http://download.proxmox.com/debian/pve $suite pve-no-subscription" >>"$sources/pve-enterprise.list"
gpupt_from_checkout install --dry-run
expect_rc 1
expect_out 'apt update may find it; .*apt install proxmox-default-headers'
rm "$sources/pve-enterprise.list" "$sources/ceph.sources" "$root/usr/local/bin/apt-get" "$root/var/log/gpupt.log"
rm -r "$root/usr/bin/pveversion" "$root/lib/modules/6.8.12-99-pve" "$root/boot/vmlinuz-6.8.12-99-pve"
running "$kernel_a"

# A tool that is missing, and a kernel that is not for it.
mv "$root/usr/bin/flock" "$root/tmp/"
gpupt_from_checkout install -y
expect_rc 1
expect_out 'flock is missing: apt install'
mv "$root/tmp/flock" "$root/usr/bin/"
sed -i 's/^BUILD_EXCLUSIVE_KERNEL=.*/BUILD_EXCLUSIVE_KERNEL="^5\\."/' "$checkout/dkms.conf"
gpupt_from_checkout install -y
expect_rc 1
expect_out 'none of the installed kernels is one'

must apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install "linux-headers-$kernel_a" linux-headers-amd64
must apt-mark auto "linux-headers-$kernel_a"
same_as before

gpupt_from_checkout frobnicate
expect_rc 1
expect_out 'no such command: frobnicate'
gpupt_from_checkout list --boot
expect_rc 1
gpupt_from_checkout claim
expect_rc 1
expect_out 'needs a card'
gpupt_from_checkout claim 01:00
expect_rc 3
gpupt_from_checkout --help
expect_rc 0

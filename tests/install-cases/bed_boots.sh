# shellcheck shell=bash disable=SC2016,SC2154	# $ is for the root; names of lib/install.sh
# SPDX-License-Identifier: GPL-2.0
# run: full
# timeout: 400
#
# The bed itself: commands in the root, comparing, and a boot with the emulated card.

must uname -r
expect_eq "kernel that the root is told of" "$(cat "$out")" "$kernel_a"
expect_out '^[67]\.[0-9]+\.'
expect_no_out '^$'
in_root sh -c 'exit 3'
expect_rc 3
in_root modprobe -r vfio_pci
in_root rmmod vfio
expect_rc 1
expect_file /root/gpupt_reset/VERSION
expect_no_file /root/gpupt_reset/.git

snapshot new
same_as new

note "what a comparison sees"
# sees REGEX COMMAND...: it is different afterwards, and how
sees() {
	must "${@:2}"
	differs_from new >"$out" || fail "nobody has seen: ${*:2}"
	expect_out "$1"
}
sees '^\+/etc/one.f.644.root:root.4.[0-9a-f]{64}$' sh -c 'echo one >/etc/one'
sees '^-/etc/hostname' sh -c 'cp -p /etc/hostname /tmp/; echo tsoh >/etc/hostname
touch -r /tmp/hostname /etc/hostname'
sees '^\+/etc/fstab2.l.*/etc/fstab$' ln -s /etc/fstab /etc/fstab2
sees '^\+/opt.d.700' chmod 700 /opt
sees '^\+/srv.d.755.daemon:root' chown daemon /srv
sees '^\+\(in initrd.img-[^ ]*\) /(main/)?etc/.*one' sh -c 'cat >/etc/initramfs-tools/hooks/one <<-EOH
	#!/bin/sh
	[ "\$1" = prereqs ] || cp /etc/one "\$DESTDIR/etc/one"
EOH
chmod 755 /etc/initramfs-tools/hooks/one; update-initramfs -u'
must sh -c 'rm /etc/one /etc/fstab2 /etc/initramfs-tools/hooks/one; cp /tmp/hostname /etc/hostname
chmod 755 /opt; chown root /srv; update-initramfs -u'
same_as new
sees '^\+\(package\) mokutil' apt-get -q -y install mokutil
must apt-get -q -y purge mokutil
must apt-get -q -y autoremove --purge
same_as new

boot "$kernel_a" '
	uname -r
	systemctl is-system-running || systemctl --failed
	echo "the card: $(lspci -n -s "$(bdf host)" || cat "/sys/bus/pci/devices/$(bdf host)/vendor")"
	echo "its audio: $(driver_of "$(bdf host 1)")"
	ctl host clear
	test ! -e /etc/one
	echo "from within" >/etc/one
	mkdir /opt/deep
	rm /etc/hostname
'
expect_rc 0
expect_out "^${kernel_a//+/.}\$"
expect_out '^running$'
expect_out '^the card: .*10de:'
expect_out '^its audio: snd_hda_intel$'
expect_eq "what the guest has written" "$(cat "$root/etc/one")" "from within"
expect_file /opt/deep
expect_no_file /etc/hostname
differs_from new >"$out"
expect_eq "files that the guest has changed" \
	"$(sed -n 's,^\([+-]/[^ ]*\) .*,\1,p' "$out" | sort | xargs)" "+/etc/one +/opt/deep -/etc/hostname"

note "it ends as a script ends"
boot "$kernel_a" 'echo first; false; echo second'
expect_rc 1
expect_out '^first'
expect_no_out '^second'

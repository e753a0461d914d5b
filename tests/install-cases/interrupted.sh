# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# ci: none
# An installation that ends half-way: by a signal or a full disk it is taken back, after a power failure the
# next one goes on, or uninstall undoes it.

. "$GPUPT_TESTS/lib/helper.sh"

running 6.1.0-1-amd64
snapshot before

# begun SIGNAL PATTERN: sends the signal once the output has such a line
begun() {
	must bash -c "
		cd /root/gpupt_reset
		# What the last one said is not what this one says.
		: >/tmp/progress
		setsid scripts/gpupt install -y >/tmp/progress 2>&1 &
		pid=\$!
		for i in {1..1200}; do
			! grep -q '$2' /tmp/progress || break
			sleep 0.1
		done
		sleep 1
		kill -$1 \$pid
		rc=0; wait \$pid || rc=\$?
		cat /tmp/progress
		echo exit code \$rc"
}

begun TERM '\] build the module'
expect_out 'gpupt: error: interrupted'
expect_out 'nothing is left of it'
expect_out 'exit code 1'
same_as before

begun TERM '\] update the initramfs'
expect_out 'nothing is left of it'
same_as before

begun KILL '\] update the initramfs'
expect_out 'exit code 137'
# What it had started goes on, and keeps others out as long.
must flock /run/gpupt.lock true
in_root gpupt status --no-color
expect_rc 1
expect_out 'BAD +installed +half'
expect_out 'BAD +initramfs +not up to date'
gpupt_from_checkout uninstall -y
expect_rc 0
same_as before

begun KILL '\] build the module'
must flock /run/gpupt.lock true
gpupt_from_checkout install -y
expect_rc 4
expect_built "$kernel_a"
in_root gpupt status --no-color
expect_out 'ok +installed +version'
gpupt_from_checkout uninstall -y
expect_rc 0
same_as before

# The disk is full when the initramfs is written: there was room when it began.
mkdir "$root/tmp/boot"
cp -a "$root/boot/." "$root/tmp/boot/"
mount -t tmpfs -o size=400M small "$root/boot"
cp -a "$root/tmp/boot/." "$root/boot/"
cat >"$root/usr/share/initramfs-tools/hooks/zz-fill" <<'END'
#!/bin/sh
[ "$1" = prereqs ] || [ ! -e /tmp/fill ] || head -c 500M /dev/zero >/boot/filling 2>/dev/null
exit 0
END
chmod 755 "$root/usr/share/initramfs-tools/hooks/zz-fill"
: >"$root/tmp/fill"
gpupt_from_checkout install -y
expect_rc 1
expect_out 'update-initramfs failed, see /var/log/gpupt.log .disk full'
expect_out 'nothing is left of it'
umount "$root/boot"
rm "$root/usr/share/initramfs-tools/hooks/zz-fill"
same_as before

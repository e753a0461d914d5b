#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# initramfs-tools: a boot script that a hook writes into the image is in the image and is never run.
#
# Version     initramfs-tools-core 0.142+deb12u3 (Debian 12)
# Expected    A hook that puts an executable file into $DESTDIR/scripts/init-top has it run at boot, as what it copies
#             elsewhere is used: mkinitramfs writes the order of scripts (scripts/*/ORDER) after all hooks.
# Seen        The order is made of the names in the image, but each is looked up in /etc/initramfs-tools/scripts and
#             /usr/share/initramfs-tools/scripts. One that is in neither is left out, without a message (with
#             "mkinitramfs -v" one says "not executable"), and update-initramfs exits 0.
# Remedy      Install the script there, and let it do nothing where the hook has not left what it needs.
#
# Runs on Debian 12, installs nothing, needs apt and the network. Exit: 0 as described, 1 otherwise.
set -eu

version=0.142+deb12u3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -q download "initramfs-tools-core=$version" >/dev/null 2>&1
dpkg-deb -x initramfs-tools-core_*.deb package

# The image as the hooks have left it: both scripts are there, and alike; only one has a source.
mkdir -p image/scripts/init-top etc/scripts/init-top
for name in of_a_hook with_a_source; do
	printf '#!/bin/sh\nexit 0\n' >"image/scripts/init-top/$name"
	chmod 755 "image/scripts/init-top/$name"
done
cp -p image/scripts/init-top/with_a_source etc/scripts/init-top/

# The step of mkinitramfs that comes next.
cat >step <<'END'
verbose=$1
DESTDIR=$PWD/image
CONFDIR=$PWD/etc
. ./package/usr/share/initramfs-tools/hook-functions
cache_run_scripts "$DESTDIR" /scripts/init-top
END
sh step n >said 2>&1
sh step y >loud 2>&1
order=$(sed -n 's,^/scripts/init-top/\([^ ]*\) .*,\1,p' image/scripts/init-top/ORDER | paste -sd' ' -)
echo "initramfs-tools-core $version"
echo "in the image: $(cd image/scripts/init-top && echo [a-z]*)"
echo "to be run:    $order"
echo "messages:     $(wc -l <said)"
[ "$order" = with_a_source ] && [ ! -s said ] && grep -q "of_a_hook ignored: not executable" loud

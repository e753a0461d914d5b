# shellcheck shell=bash disable=SC2034,SC2154	# names that cross files
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by lib/install.sh: what matters here of a Proxmox VE host, in packages of the same names and
# with the same hooks and messages, written for these tests. Its kernel is a Debian kernel B under
# another name: modules are built for it, and its packages are installed and removed as on such a host,
# but it cannot be booted, for it would go by its old name.
#   make_proxmox [grub]             with an ESP that proxmox-boot-tool looks after, or without;
#                                   $pve_kernel is the kernel of its repository, not yet installed
#   install_pve_kernel [VERSION]    the kernel and its headers, by apt; another VERSION (6.8.12-1-pve) is
#                                   added to the repository. Leaves $out and $rc
#   remove_pve_kernel [VERSION]
#   expect_esp KERNEL               the ESP has this kernel and the initramfs of /boot

# The packages of such a host that depend on nothing of it are there in two suites, PVE 8 and 9.
pve_kernel_of() {
	case $1 in
	bookworm) echo 6.8.12-99-pve ;;
	trixie) echo 7.0.14-99-pve ;;
	esac
}

# control DIR NAME VERSION [LINE...]
control() {
	mkdir -p "$1/DEBIAN"
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: amd64\n' "$2" "$3"
		printf '%s\n' "Maintainer: gpupt test bed <root@localhost>" "${@:4}"
		echo "Description: stand-in for $2"
	} >"$1/DEBIAN/control"
}

# pack DIR OUT
pack() {
	dpkg-deb --root-owner-group -Znone -b "$1" "$2" >/dev/null
	rm -rf "$1"
}

# pve_tools OUT: the packages that every such host has
pve_tools() {
	local tree=$scratch/pve-tree file
	control "$tree" proxmox-kernel-helper 9.0
	mkdir -p "$tree/usr/sbin" "$tree/etc/kernel/postinst.d" "$tree/etc/kernel/postrm.d" \
		"$tree/etc/initramfs/post-update.d"
	cat >"$tree/usr/sbin/proxmox-boot-tool" <<-'EOT'
		#!/bin/sh
		uuids=/etc/kernel/proxmox-boot-uuids
		echo "$*" >>/var/log/proxmox-boot-tool.log
		case ${1:-} in
		status)
			if [ ! -e "$uuids" ]; then
				[ "${2:-}" = --quiet ] || echo "E: $uuids does not exist." >&2
				exit 2
			fi
			[ "${2:-}" != --quiet ] || exit 0
			echo "System currently booted with uefi"
			while read -r uuid; do
				echo "$uuid is configured with: uefi (versions: $(ls "/boot/esp-$uuid/EFI/proxmox" | paste -sd, |
					sed 's/,/, /g'))"
			done <"$uuids"
			;;
		refresh)
			for hook in proxmox-auto-removal zz-proxmox-boot; do
				[ -x "/etc/kernel/postinst.d/$hook" ] || continue
				[ "${2:-}" != --hook ] || [ "${3:-}" = "$hook" ] || continue
				echo "Running hook script '$hook'.."
				"/etc/kernel/postinst.d/$hook" || exit
			done
			;;
		*)
			echo "USAGE: $0 <commands> [ARGS]" >&2
			exit 1
			;;
		esac
	EOT
	cat >"$tree/etc/kernel/postinst.d/zz-proxmox-boot" <<-'EOT'
		#!/bin/sh
		set -e
		echo "Re-executing '$0' in new private mount namespace.."
		if [ ! -f /etc/kernel/proxmox-boot-uuids ]; then
			echo "No /etc/kernel/proxmox-boot-uuids found, skipping ESP sync."
			exit 0
		fi
		while read -r uuid; do
			echo "Copying and configuring kernels on /dev/disk/by-uuid/$uuid"
			esp=/boot/esp-$uuid/EFI/proxmox
			mkdir -p "$esp"
			for dir in "$esp"/*/; do
				version=$(basename "$dir")
				[ ! -d "$dir" ] || [ -e "/boot/vmlinuz-$version" ] || {
					echo "	Removing old version $version"
					rm -r "$dir"
				}
			done
			for kernel in /boot/vmlinuz-*; do
				version=${kernel#/boot/vmlinuz-}
				[ -e "/boot/initrd.img-$version" ] || continue
				echo "	Copying kernel and creating boot-entry for $version"
				mkdir -p "$esp/$version"
				cp "$kernel" "/boot/initrd.img-$version" "$esp/$version/"
			done
		done </etc/kernel/proxmox-boot-uuids
	EOT
	cp "$tree/etc/kernel/postinst.d/zz-proxmox-boot" "$tree/etc/kernel/postrm.d/"
	cat >"$tree/etc/initramfs/post-update.d/proxmox-boot-sync" <<-'EOT'
		#!/bin/sh
		# While a kernel is installed its own hook does it.
		[ -z "$INITRAMFS_TOOLS_KERNEL_HOOK" ] || exit 0
		exec /usr/sbin/proxmox-boot-tool refresh --hook zz-proxmox-boot
	EOT
	find "$tree/etc" "$tree/usr" -type f -exec chmod 755 {} +
	(cd "$tree" && find etc -type f -printf '/%p\n') >"$tree/DEBIAN/conffiles"
	pack "$tree" "$1/proxmox-kernel-helper.deb"

	control "$tree" pve-manager 9.0
	mkdir -p "$tree/usr/bin"
	cat >"$tree/usr/bin/pveversion" <<-'EOT'
		#!/bin/sh
		echo "pve-manager/9.0/0123456789abcdef (running kernel: $(uname -r))"
	EOT
	chmod 755 "$tree/usr/bin/pveversion"
	pack "$tree" "$1/pve-manager.deb"
}

# script FILE WHEN DIRECTORY VERSION [LINE]: a maintainer script that runs the hooks in a directory
script() {
	cat >"$1" <<-EOT
		#!/bin/sh
		set -e
		[ "\$1" = $2 ] || exit 0
		${5:-:}
		[ ! -d $3 ] || run-parts --report --exit-on-error --arg $4 --arg /boot/vmlinuz-$4 $3
	EOT
	chmod 755 "$1"
}

# pve_kernel_debs VERSION OUT
pve_kernel_debs() {
	local v=$1 to=$2 repo=$GPUPT_CACHE/hosts/$suite/repo from=$kernel_b tree=$scratch/pve-tree deb file
	local base=${kernel_b%-amd64} series package
	rm -rf "$tree" "$tree.from"
	mkdir -p "$tree.from" "$tree/boot" "$tree/lib/modules"
	for deb in "$repo"/linux-{image,binary,modules,base}-"$from"_*.deb; do
		[ ! -e "$deb" ] || dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tree.from" --wildcards \
			--no-anchored 'vmlinuz*' 'config-*' 'config' '9p*' 'netfs*' 'fscache*' 'virtio*' 'vfio*' \
			'irqbypass*' 'modules.*' 2>/dev/null || :
	done
	file=$(find "$tree.from" -name 'vmlinuz*' -type f | head -n 1)
	mv "$file" "$tree/boot/vmlinuz-$v"
	file=$(find "$tree.from" -name 'config*' -type f | head -n 1)
	[ -z "$file" ] || mv "$file" "$tree/boot/config-$v"
	mv "$(find "$tree.from" -path "*/lib/modules/$from" -type d)" "$tree/lib/modules/$v"
	control "$tree" "proxmox-kernel-$v-signed" "${v%-pve}" "Provides: proxmox-kernel-$v"
	script "$tree/DEBIAN/postinst" configure /etc/kernel/postinst.d "$v" "depmod $v"
	script "$tree/DEBIAN/prerm" remove /etc/kernel/prerm.d "$v"
	script "$tree/DEBIAN/postrm" remove /etc/kernel/postrm.d "$v"
	echo "rm -f /boot/initrd.img-$v; rm -f /lib/modules/$v/modules.*; rmdir /lib/modules/$v || :" \
		>>"$tree/DEBIAN/postrm"
	pack "$tree" "$to/proxmox-kernel-$v-signed.deb"

	rm -rf "$tree.from"
	for deb in "$repo"/linux-headers-{"$from","$base-common"}_*.deb \
		"$repo/linux-kbuild-$base"_*.deb; do
		dpkg -x "$deb" "$tree"
	done
	rm -rf "${tree:?}/usr/share" "${tree:?}/lib" "$tree/usr/lib/modules" \
		"$tree/usr/src/linux-kbuild-$base"
	mv "$tree/usr/src/linux-headers-$from" "$tree/usr/src/linux-headers-$v"
	mv "$tree/usr/src/linux-headers-$base-common" "$tree/usr/src/linux-headers-$v-common"
	mv "$tree/usr/lib/linux-kbuild-$base" "$tree/usr/lib/linux-kbuild-$v"
	file=$tree/usr/src/linux-headers-$v
	# With it a build makes type information, which needs pahole; that of Proxmox does not have it.
	rm -f "$file/vmlinux"
	grep -rlF -e "$base" "$file" --include=Makefile --include=utsrelease.h --include=kernel.release \
		--include=.kernelvariables |
		xargs sed -i "s,linux-headers-$base-common,linux-headers-$v-common,g; s,$from,$v,g"
	find "$tree/usr/src" -type l -lname "*linux-kbuild-$base*" -printf '%p %l\n' |
		while read -r file deb; do
			ln -sfn "${deb/linux-kbuild-$base/linux-kbuild-$v}" "$file"
		done
	mkdir -p "$tree/lib/modules/$v"
	ln -s "/usr/src/linux-headers-$v" "$tree/lib/modules/$v/build"
	control "$tree" "proxmox-headers-$v" "${v%-pve}"
	script "$tree/DEBIAN/postinst" configure /etc/kernel/header_postinst.d "$v"
	pack "$tree" "$to/proxmox-headers-$v.deb"

	series=$(cut -d . -f 1,2 <<<"$v")
	for package in kernel headers; do
		control "$tree" "proxmox-$package-$series" "${v%-pve}" "Depends: proxmox-$package-$v$(
			[ "$package" = headers ] || echo -signed)"
		pack "$tree" "$to/proxmox-$package-$series-$v.deb"
		control "$tree" "proxmox-default-$package" "${v%-pve}" "Depends: proxmox-$package-$series"
		pack "$tree" "$to/proxmox-default-$package-$v.deb"
	done
}

# A part of the repository is kept beside the roots, and goes with them.
pve_part() {
	local part
	part=$(readlink -f "$GPUPT_CACHE/hosts/$suite")/pve-$1-$(hash_text \
		"$(declare -f pve_kernel_debs pve_tools control pack script)")
	with_lock "pve-$suite-$1" make_pve_part "$1" "$part" || fail "cannot make packages of $1"
	mkdir -p "$scratch/pve"
	cp "$part"/*.deb "$scratch/pve/"
}

make_pve_part() {
	[ ! -d "$2" ] || return 0
	step rm -rf "$2.tmp"
	step mkdir -p "$2.tmp"
	case $1 in
	tools) step pve_tools "$2.tmp" ;;
	*) step pve_kernel_debs "$1" "$2.tmp" ;;
	esac
	step mv "$2.tmp" "$2"
}

pve_index() {
	(cd "$scratch/pve" && apt-ftparchive packages . >Packages 2>/dev/null)
	must apt-get -q update
}

make_proxmox() {
	[ -n "$kernel_b" ] || skip "there is no later kernel to be had"
	pve_kernel=$(pve_kernel_of "$suite")
	pve_part tools
	pve_part "$pve_kernel"
	mkdir -p "$root/mnt/pve"
	mount --bind "$scratch/pve" "$root/mnt/pve"
	echo "deb [trusted=yes] file:/mnt/pve ./" >"$root/etc/apt/sources.list.d/pve-enterprise.list"
	echo "root=ZFS=rpool/ROOT/pve-1 boot=zfs" >"$root/etc/kernel/cmdline"
	pve_index
	must apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install pve-manager \
		proxmox-kernel-helper
	if [ "${1:-}" != grub ]; then
		echo ABCD-1234 >"$root/etc/kernel/proxmox-boot-uuids"
		must proxmox-boot-tool refresh
		: >"$root/var/log/proxmox-boot-tool.log"
	fi
}

install_pve_kernel() {
	local v=${1:-$pve_kernel}
	[ -e "$scratch/pve/proxmox-headers-$v.deb" ] || {
		pve_part "$v"
		pve_index
	}
	in_root apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install \
		"proxmox-kernel-$v-signed" "proxmox-headers-$v"
}

remove_pve_kernel() {
	local v=${1:-$pve_kernel}
	in_root apt-get -q -y -o Dpkg::Use-Pty=0 purge "proxmox-kernel-$v-signed" "proxmox-headers-$v"
}

expect_esp() {
	local esp=$root/boot/esp-ABCD-1234/EFI/proxmox/$1
	checked
	cmp -s "$esp/initrd.img-$1" "$root/boot/initrd.img-$1" ||
		fail "the ESP has not the initramfs of $1"
	cmp -s "$esp/vmlinuz-$1" "$root/boot/vmlinuz-$1" || fail "the ESP has not the kernel $1"
}

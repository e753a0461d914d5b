# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What this host is: kernels, headers, DKMS, how it boots, Secure Boot. Looks only.

MODULE=gpupt_reset
DKMS_NAME=gpupt-reset

# kernels: every installed kernel. /lib/modules keeps directories of kernels that are gone.
kernels() {
	local dir kernel
	for dir in /lib/modules/*/; do
		kernel=${dir%/}
		kernel=${kernel##*/}
		[ ! -e "/boot/vmlinuz-$kernel" ] || printf '%s\n' "$kernel"
	done | sort -V
}

is_proxmox() {
	command -v pveversion >/dev/null
}

has_headers() {
	[ -e "/lib/modules/$1/build/include" ]
}

# headers_packages KERNEL: that of this kernel, and the one that brings those of later kernels
headers_packages() {
	case $1 in
	*-pve) echo "proxmox-headers-$1 proxmox-default-headers" ;;
	*) echo "linux-headers-$1 linux-headers-$(sed -E 's/^[^-]*-([0-9][^-]*-)?//' <<<"$1")" ;;
	esac
}

# in_window DKMS-CONF KERNEL: whether the module is for this kernel, as DKMS would find
in_window() {
	(
		# DKMS gives it more variables than these.
		set +u
		# shellcheck source=/dev/null
		. "$1"
		[[ $2 =~ $BUILD_EXCLUSIVE_KERNEL ]]
	)
}

# dkms_versions: those that DKMS has. Its own list ends, in DKMS 3.0, at the first one whose source is gone.
dkms_versions() {
	find /var/lib/dkms/"$DKMS_NAME" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null | sort -V || :
}

# dkms_state VERSION KERNEL: installed, built, added, broken (its source is gone, of which DKMS says this or that)
# or none. "dkms status" differs between versions before the kernel ("name, version" and "name/version"), not
# behind it.
dkms_state() {
	local line tree=/var/lib/dkms/$DKMS_NAME/$1
	[ ! -d "$tree" ] || [ -e "$tree/source/dkms.conf" ] || { echo broken && return 0; }
	line=$(dkms status -m "$DKMS_NAME" -v "$1" ${2:+-k "$2"} 2>/dev/null) || :
	case $line in
	*": installed"*) echo installed ;;
	*": built"*) echo built ;;
	*"added"*) echo added ;;
	*) echo none ;;
	esac
}

# built_for KERNEL: whether modprobe of this kernel would find the module
built_for() {
	modinfo -k "$1" "$MODULE" >/dev/null 2>&1
}

# module_version_on_disk KERNEL
module_version_on_disk() {
	modinfo -k "$1" -F version "$MODULE" 2>/dev/null || :
}

is_loaded() {
	[ -d "/sys/module/$MODULE" ]
}

# is_stale: the loaded module is not the one that would be loaded now.
is_stale() {
	local now
	is_loaded || return 1
	now=$(modinfo -F srcversion "$MODULE" 2>/dev/null) || return 1
	[ "$now" != "$(cat "/sys/module/$MODULE/srcversion" 2>/dev/null)" ]
}

# boots_with_boot_tool: proxmox-boot-tool itself says whether the host boots from disks that it looks
# after; GRUB hosts can have its files too.
boots_with_boot_tool() {
	command -v proxmox-boot-tool >/dev/null && proxmox-boot-tool status --quiet >/dev/null 2>&1
}

# mokutil_says OPTION...: in one line; its exit code means several things at once
mokutil_says() {
	mokutil "$@" 2>&1 | paste -sd' ' - || :
}

# secure_boot: on, off, shim (as good as off: validation is off in shim), none (no UEFI), missing (mokutil, which
# is asked), or unknown
secure_boot() {
	[ -d /sys/firmware/efi ] || { echo none && return; }
	command -v mokutil >/dev/null || { echo missing && return; }
	case $(mokutil_says --sb-state) in
	*"validation is disabled in shim"*) echo shim ;;
	*"SecureBoot enabled"*) echo on ;;
	*"SecureBoot disabled"* | *"doesn't support Secure Boot"*) echo off ;;
	*) echo unknown ;;
	esac
}

# signing_key: the certificate that DKMS signs with
signing_key() {
	(
		mok_certificate=
		# As for DKMS, which lets this file name its variables.
		set +u
		# shellcheck disable=SC2034
		kernelver=$(uname -r)
		for conf in /etc/dkms/framework.conf /etc/dkms/framework.conf.d/*.conf; do
			# shellcheck source=/dev/null
			[ ! -r "$conf" ] || . "$conf" >/dev/null 2>&1 || :
		done
		echo "${mok_certificate:-/var/lib/dkms/mok.pub}"
	)
}

# key_state: enrolled, waiting (for the next boot), missing (from the firmware), none (no key yet) or unknown
key_state() {
	local key
	key=$(signing_key)
	[ -e "$key" ] || { echo none && return; }
	case $(mokutil_says --test-key "$key") in
	*"enrollment request"*) echo waiting ;;
	*" already "*) echo enrolled ;;
	*"not enrolled"* | *blocked*) echo missing ;;
	*) echo unknown ;;
	esac
}

# Exit code 1 when the firmware keeps the module from loading; what to do is said on the way.
advise_secure_boot() {
	[ "$(secure_boot)" = on ] || return 0
	case $(key_state) in
	enrolled) return 0 ;;
	unknown)
		warn "Secure Boot is on, and mokutil does not tell whether the firmware knows the key that DKMS signs with: \
$(mokutil_says --test-key "$(signing_key)")"
		return 0
		;;
	waiting)
		warn "Secure Boot is on, and the key of DKMS waits for the next boot: in the blue screen then choose \
Enroll MOK and give the password from mokutil --import"
		;;
	*)
		warn "Secure Boot is on, and the firmware does not know the key that DKMS signs with, so the module \
will not load. To enrol it: mokutil --import $(signing_key) (asks for a password, used once), reboot, and in the \
blue screen choose Enroll MOK and give the password"
		;;
	esac
	return 1
}

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Kernels of our own, with checkers that Debian's have not: built out of Debian's source packages, patched where
# there is a patch beside a fragment, with the options of the fragments, over the kernel's tinyconfig. Sourced by
# tests/provision and tests/kunit.

# source_suite VERSION: which apt configuration has the source; nothing for the machine's own
source_suite() {
	case $1 in
	7.*) with_lock apt-debian13 suite_apt debian13 ;;
	esac
}

# source_apt CONF PROGRAM ARGUMENT...
source_apt() {
	local conf=$1
	shift
	if [ -n "$conf" ]; then
		with_suite "$conf" "$@"
	else
		"$@"
	fi
}

# source_version VERSION: of the package of this kernel's source that is installed or would be fetched
source_version() {
	local conf
	conf=$(source_suite "$1") || return 1
	if [ -z "$conf" ] && [ -e "/usr/src/linux-source-$1.tar.xz" ]; then
		# shellcheck disable=SC2016	# dpkg expands it
		dpkg-query -W -f '${Version}\n' "linux-source-$1" 2>/dev/null && return 0
	fi
	source_apt "$conf" apt-cache show --no-all-versions "linux-source-$1" 2>/dev/null |
		sed -n 's/^Version: //p' | head -n 1
}

# know_source VERSION: lists older than the mirror name packages that it no longer has.
know_source() {
	if [ -z "$(source_suite "$1")" ] && [ ! -e "/usr/src/linux-source-$1.tar.xz" ]; then
		apt-get -q update >"$GPUPT_CACHE/log/apt-update.log" 2>&1 ||
			say "apt-get update failed, going on with older lists"
	fi
	[ -n "$(source_version "$1")" ] || die "the mirror has no package linux-source-$1"
}

# patches FRAGMENT...: of the source, beside the fragments that they belong to
patches() {
	local patch
	for patch in "${@/%.config/.patch}"; do
		[ ! -e "$patch" ] || echo "$patch"
	done
}

# kernel_key VERSION FRAGMENT...: changes with all that a built kernel depends on
kernel_key() {
	# shellcheck disable=SC2046	# words
	hash_text "$(source_version "$1") $(gcc -dumpfullversion) $(cat "${@:2}" $(patches "${@:2}"))"
}

# unpack_source VERSION TREE: from /usr/src, or from a package fetched for the purpose
unpack_source() {
	local package=linux-source-$1 tree=$2 conf
	local tarball=/usr/src/$package.tar.xz from
	from=$tarball
	conf=$(source_suite "$1") || return 1
	if [ -n "$conf" ] || [ ! -e "$tarball" ]; then
		say "fetching $package (150 MB)"
		step mkdir -p "$tree.deb"
		(cd "$tree.deb" && source_apt "$conf" apt-get -q download "$package" >log 2>&1) || {
			cat "$tree.deb/log" >&2
			die "cannot fetch $package: is the mirror reachable?"
		}
		dpkg-deb --fsys-tarfile "$tree.deb/$package"_*.deb | tar -x -C "$tree.deb" ".$tarball" ||
			die "cannot unpack $package"
		from=$tree.deb$tarball
	fi
	say "unpacking $package"
	step mkdir -p "$tree"
	step tar -x -C "$tree" --strip-components=1 -f "$from"
	rm -rf "$tree.deb"
}

# check_config TREE FRAGMENT...: every option of the fragments must have survived Kconfig, as the last one that
# names it has it.
check_config() {
	local line bad=0 tree=$1
	shift
	while read -r line; do
		case $line in
		CONFIG_*=n)
			! grep -q "^${line%=n}=" "$tree/.config" || { say "did not take: $line"; bad=1; }
			;;
		CONFIG_*)
			grep -qxF "$line" "$tree/.config" || { say "did not take: $line"; bad=1; }
			;;
		esac
	done < <(cat "$@" | tac | awk -F= '/^CONFIG_/ && !seen[$1]++')
	[ "$bad" = 0 ] || die "the kernel's Kconfig refuses the options above: change ${*##*/}"
}

# logged LOG COMMAND...: its output goes to LOG, of which the end is shown if it fails.
logged() {
	local log=$1
	shift
	"$@" >"$log" 2>&1 </dev/null || {
		grep -nE 'error|Error|warning' "$log" | tail -n 20 >&2 || tail -n 20 "$log" >&2
		die "failed: $*"
	}
}

# make_tree ARCH VERSION TREE FRAGMENT...: TREE becomes the built kernel, stripped down to it and what building
# a module takes. Modules are in TREE.modules, as they are below /.
make_tree() {
	local arch=$1 version=$2 tree=$3 log=$3.log keep patch
	shift 3
	host_packages flex bison bc libelf-dev libssl-dev openssl xz-utils kmod patch
	unpack_source "$version" "$tree"
	for patch in $(patches "$@"); do
		logged "$log" patch -d "$tree" -p1 -i "$patch"
	done
	logged "$log" make -C "$tree" "ARCH=$arch" tinyconfig
	(cd "$tree" && logged "$log" scripts/kconfig/merge_config.sh -m -O . .config "$@")
	logged "$log" make -C "$tree" "ARCH=$arch" olddefconfig
	check_config "$tree" "$@"
	say "building a $version kernel (some minutes)"
	logged "$log" make -C "$tree" "ARCH=$arch" "-j$(nproc)"
	if [ "$arch" = x86_64 ]; then
		logged "$log" make -C "$tree" "ARCH=$arch" "INSTALL_MOD_PATH=$tree.modules" modules_install
		step cp "$tree/arch/x86/boot/bzImage" "$tree/vmlinuz"
		step make -s -C "$tree" "ARCH=$arch" kernelrelease >"$tree/release"
	fi
	# The rest weighs ten times as much; scripts/ and include/ also serve checkpatch.
	keep=(arch include scripts certs Makefile .config Module.symvers linux vmlinuz release)
	[ ! -e "$tree/tools/objtool/objtool" ] || step cp "$tree/tools/objtool/objtool" "$tree/objtool"
	# shellcheck disable=SC2046	# words
	find "$tree" -mindepth 1 -maxdepth 1 $(printf '! -name %s ' "${keep[@]}" objtool) -exec rm -rf {} +
	if [ -e "$tree/objtool" ]; then
		step mkdir -p "$tree/tools/objtool"
		step mv "$tree/objtool" "$tree/tools/objtool/objtool"
	fi
	find "$tree/arch" -mindepth 1 -maxdepth 1 -type d ! -name um ! -name x86 -exec rm -rf {} +
	find "$tree/certs" -type f ! -name 'signing_key.*' -delete
	find "$tree/arch" "$tree/include" \( -name '*.[coSa]' -o -name '*.dts*' \) -type f -delete
	rm -f "$log"
}

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by the programs in tests/: the cache, progress lines, locks, packages of the host and
# private apt configurations, so that a kernel of another Debian suite is fetched (and its
# signature checked) without touching the machine's own apt.
#
# GPUPT_CACHE   where built and fetched things are kept (safe to delete at any time)
# GPUPT_MIRROR  a Debian mirror, when the one the machine's apt names is not to be used

GPUPT_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034	# for the programs that source this file
GPUPT_TESTS=$GPUPT_TOP/tests
GPUPT_CACHE=${GPUPT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/gpupt}
GPUPT_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# shellcheck disable=SC2034
GPUPT_KERNELS="6.1 6.12 7.2 7.3"
# Built here, with the options of tests/kernels; a case that runs on 6.12 runs on these.
# shellcheck disable=SC2034
GPUPT_BUILT_KERNELS="debug kcsan proxmox"

export LC_ALL=C
# What a caller's make passes on in these would end up in our own builds.
unset MAKEFLAGS MFLAGS MAKELEVEL KDIR

say() {
	printf '%s\n' "${0##*/}: $*" >&2
}

die() {
	say "error: $*"
	exit 1
}

# Exit code of "this component cannot be had here": the caller counts it as skipped.
GPUPT_SKIP=77

skip() {
	say "skipped: $*"
	exit "$GPUPT_SKIP"
}

require_root() {
	[ "$(id -u)" = 0 ] || die "needs root (it installs packages, uses chroot and mount namespaces): try sudo"
}

cache_init() {
	mkdir -p "$GPUPT_CACHE/lock" "$GPUPT_CACHE/log" || die "cannot write $GPUPT_CACHE: set GPUPT_CACHE"
	# Kernel trees are called by their absolute path, and the trixie root sees the same one.
	GPUPT_CACHE=$(cd "$GPUPT_CACHE" && pwd -P)
	export GPUPT_CACHE
}

# step COMMAND...: for functions that may run where "set -e" does not reach.
step() {
	"$@" || die "failed: $*"
}

# with_lock NAME COMMAND...: one process at a time, also between two checkouts. A function that is
# called this way runs without "set -e", as everything left of "||" does, so it checks its steps.
with_lock() {
	local lock_file=$GPUPT_CACHE/lock/$1 lock_fd lock_rc=0
	shift
	exec {lock_fd}>"$lock_file"
	if ! flock -n "$lock_fd"; then
		say "waiting for another run to finish (${lock_file##*/})"
		flock -w 3600 "$lock_fd" || die "no lock after an hour: see who holds $lock_file"
	fi
	"$@" || lock_rc=$?
	exec {lock_fd}>&-
	return "$lock_rc"
}

# hash_of FILE-OR-DIR...: one hash over names and contents.
hash_of() {
	find "$@" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16
}

hash_text() {
	printf '%s' "$*" | sha256sum | cut -c1-16
}

# sums_of ROOT [PATH...]: the regular files there as lines "SHA256 SIZE MTIME CTIME PATH"; those that a
# line of $sums_known still fits are not read again.
sums_of() {
	local root=$1 new known=${sums_known:-/dev/null} rc=0
	shift
	new=$(mktemp) || return
	(
		cd "$root" || exit
		find "$@" -xdev -type f -printf '%s %T@ %C@ %p\n' | awk -v known="$known" -v new="$new" '
			FILENAME == known { sum = $1; sub(/^[^ ]* /, ""); sums[$0] = sum; next }
			$0 in sums { print sums[$0], $0; next }
			{ print >new }' "$known" - || exit
		cut -d ' ' -f 4- "$new" | tr '\n' '\0' | xargs -0 -r sha256sum -z | tr '\0' '\n' |
			cut -d ' ' -f 1 | paste -d ' ' - "$new"
	) || rc=$?
	rm -f "$new"
	return "$rc"
}

# --- packages of the host -------------------------------------------------------------------

# host_packages PACKAGE...: install those that are missing.
host_packages() {
	local installed p missing=()
	installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
	for p; do
		grep -qxF "$p installed" <<<"$installed" || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	require_root
	say "installing ${missing[*]}"
	with_lock apt host_install "${missing[@]}"
}

host_install() {
	local log=$GPUPT_CACHE/log/apt-install.log
	local opts=(-q -y --no-install-recommends -o DPkg::Lock::Timeout=300)
	{
		apt-get -q -o DPkg::Lock::Timeout=300 update &&
			DEBIAN_FRONTEND=noninteractive apt-get "${opts[@]}" install "$@"
	} </dev/null >"$log" 2>&1 || {
		tail -n 15 "$log" >&2
		die "apt-get could not install: $* (log: $log)"
	}
}

# checks_of K: what make is to look for when it builds for a kernel. Debian's sparse, 0.6.4, does not know the
# type auto, which the headers of 7.x are full of.
checks_of() {
	case $1 in
	7.*) echo W=1 ;;
	*) echo W=1 C=1 ;;
	esac
}

# is_of_gcc_14 CONFIG: was the kernel built with a compiler that Debian 12 has not? Then Debian 13 builds its modules.
is_of_gcc_14() {
	local version
	version=$(sed -n 's/^CONFIG_GCC_VERSION=//p' "$1")
	[ "${version:-0}" -ge 140000 ]
}

# --- other suites ---------------------------------------------------------------------------

# debian_mirror [security]: the machine's own mirror, with or without fetched package lists.
debian_mirror() {
	local want=bookworm${1:+-security} site
	if [ -n "${GPUPT_MIRROR:-}" ]; then
		site=${GPUPT_MIRROR%/}${1:+-security}
	else
		# shellcheck disable=SC2016	# apt expands these
		site=$(apt-get indextargets --no-release-info --format '$(SITE)|$(RELEASE)' \
			'Created-By: Packages' | sed -n "s/|$want\$//p" | head -n 1)
	fi
	if [ -z "$site" ]; then
		say "this machine's apt knows no mirror for $want"
		die "name a Debian mirror in GPUPT_MIRROR (its security archive is taken from beside it)"
	fi
	printf '%s\n' "$site"
}

suite_sources() {
	local main security
	main=$(debian_mirror) || return 1
	case $1 in
	debian12)
		security=$(debian_mirror security) || return 1
		echo "deb [signed-by=$GPUPT_KEYRING] $main bookworm main"
		echo "deb [signed-by=$GPUPT_KEYRING] $security bookworm-security main"
		;;
	debian13)
		security=$(debian_mirror security) || return 1
		echo "deb [signed-by=$GPUPT_KEYRING] $main trixie main"
		echo "deb [signed-by=$GPUPT_KEYRING] $security trixie-security main"
		echo "deb [signed-by=$GPUPT_KEYRING] $main trixie-backports main"
		;;
	sid)
		echo "deb [signed-by=$GPUPT_KEYRING] $main sid main"
		;;
	*)
		die "no such suite: $1"
		;;
	esac
}

# suite_apt SUITE: write its private apt configuration and print the path for APT_CONFIG.
# Package lists are fetched again after a day; a failing mirror does not spoil lists we have.
suite_apt() {
	local dir=$GPUPT_CACHE/apt/$1 sources fresh
	fresh=$dir/fresh-$(hash_text "$(declare -f suite_sources)")
	if [ -n "$(find "$fresh" -mtime -1 2>/dev/null)" ] && [ -z "${GPUPT_MIRROR:-}" ]; then
		printf '%s\n' "$dir/apt.conf"
		return
	fi
	sources=$(suite_sources "$1") || return 1
	if [ "$sources" != "$(cat "$dir/sources.list" 2>/dev/null)" ]; then
		step rm -rf "$dir"
	fi
	step mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial" "$dir/parts"
	# Untouched when unchanged: apt reads every list again when a file is newer than its cache.
	[ -e "$dir/status" ] || : >"$dir/status"
	[ -e "$dir/sources.list" ] || printf '%s\n' "$sources" >"$dir/sources.list"
	cat >"$dir/apt.conf" <<-EOC
		Dir::State "$dir/state";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir/cache";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "$dir/parts";
		Dir::Etc::preferencesparts "$dir/parts";
		APT::Architectures { "amd64"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::Retries "3";
	EOC
	[ -s "$dir/apt.conf" ] || die "cannot write to $dir"
	if [ -z "$(find "$fresh" -mtime -1 2>/dev/null)" ]; then
		say "fetching the package lists of $1"
		if with_suite "$dir/apt.conf" apt-get -q update >"$dir/update.log" 2>&1 &&
			! grep -q '^[EW]: ' "$dir/update.log"; then
			touch "$fresh"
		elif [ -e "$fresh" ]; then
			say "could not refresh the package lists of $1, going on with older ones"
		else
			cat "$dir/update.log" >&2
			die "cannot fetch the package lists of $1: is the mirror reachable? (GPUPT_MIRROR)"
		fi
	fi
	printf '%s\n' "$dir/apt.conf"
}

# with_suite CONF APT-PROGRAM ARGUMENT...: the options are here because container images switch
# these caches off in a file that is read after APT_CONFIG.
with_suite() {
	local conf=$1 program=$2
	shift 2
	APT_CONFIG=$conf "$program" -o Dir::Cache::pkgcache=pkgcache.bin \
		-o Dir::Cache::srcpkgcache=srcpkgcache.bin "$@"
}

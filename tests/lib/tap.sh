# shellcheck shell=bash disable=SC2154	# names that cross files
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by tests/vm and tests/install: cases with header lines, and results in TAP. The caller sets
# $work, a directory for one run, with 0 in its file tap.count.

harness_error() {
	say "harness error: $*"
	exit 2
}

# header FILE NAME DEFAULT: the value of a header line of a case
header() {
	local value
	value=$(sed -n "1,20s/^# $2: *//p" "$1" | head -n 1)
	printf '%s\n' "${value:-$3}"
}

# case_file DIR NAME
case_file() {
	local f
	for f in "$2" "$1/$2" "$1/$2.sh"; do
		if [ -f "$f" ]; then
			printf '%s\n' "$f"
			return
		fi
	done
	harness_error "no such case: $2 (tests/${0##*/} --list names them)"
}

# emit LINE...: one numbered TAP result with its diagnostics, never mixed with another guest's.
emit() {
	local n fd
	exec {fd}>>"$work/tap.lock"
	flock "$fd"
	n=$(($(cat "$work/tap.count") + 1))
	echo "$n" >"$work/tap.count"
	printf '%s\n' "${1/"ok -"/"ok $n -"}" "${@:2}"
	exec {fd}>&-
	case $1 in
	"not ok"*) touch "$work/failed" ;;
	esac
}

# diagnostics FILE: the end of a file as lines of a TAP comment
diagnostics() {
	[ ! -e "$1" ] || tail -n "${2:-60}" "$1" | tr -d '\r' | sed 's/^/#   /'
}

seconds() {
	printf '%d.%02d s' "$(($1 / 1000))" "$(($1 % 1000 / 10))"
}

# elapsed MOMENT: seconds since $EPOCHREALTIME was this
elapsed() {
	local now=$EPOCHREALTIME us
	us=$((${now/./} - ${1/./}))
	printf '%d.%01d' "$((us / 1000000))" "$((us / 100000 % 10))"
}

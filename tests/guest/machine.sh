# shellcheck shell=dash disable=SC2034,SC2154,SC3043
# SPDX-License-Identifier: GPL-2.0
#
# A virtual machine that is led step by step, for the matrix and for cases about what QEMU decides (vfioc.c). One at a
# time, or one for each $card in shells of their own: its pipes have the descriptors 5 and 6.

# machine_says: what it says up to its next "wait" or its end, printed and in $said. Sets $errno to the first error; that
# of one reset that was tried among others is none.
machine_says() {
	local line
	errno=0
	said=
	while read -r line <&5; do
		echo "$line"
		said="$said$line
"
		case $line in
		wait) break ;;
		*" hotinfo "* | *" hotreset "* | *" reset "*) ;;
		*" rc=-1 "*)
			[ "$errno" = 0 ] || continue
			errno=${line#*errno=}
			errno=${errno%% *}
			;;
		esac
	done
}

# machine_on DEVICES CALL...: it starts, and then waits
machine_on() {
	local devices=$1 pipe=/tmp/machine.${card:-one}
	shift
	[ -p "$pipe.in" ] || mkfifo "$pipe.in" "$pipe.out"
	vfioc "$devices" start wait "$@" <"$pipe.in" >"$pipe.out" 2>&1 &
	machine=$!
	# In the order in which it opens them.
	exec 6>"$pipe.in" 5<"$pipe.out"
	machine_says
}

# machine_next: it goes on to its next "wait"
machine_next() {
	echo >&6
	machine_says
}

# machine_off quit|kill
machine_off() {
	if [ "$1" = kill ]; then
		kill -9 "$machine"
	else
		echo >&6
	fi
	machine_says
	exec 5<&- 6>&-
	wait "$machine" || :
}

# decided BDF CALL: the resets that a device got in the reset of its machine (start, system_reset)
decided() {
	echo "$said" | sed -n "s/^$1 $2 .* decision=//p"
}

# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080
# cmdline: gpupt.threads
# run: full
# checkers: no
# timeout: 240
# Somebody without any right reads every file that everybody may read, over and over, while machines start and end. VFIO
# only tries for device locks, and refuses a start, or leaves out the reset at an end, when somebody else has one.

# reads FILE...: without an end, and without a process for each
reads() {
	# shellcheck disable=SC2016	# expanded there
	exec su -s /bin/sh nobody -c 'while :; do for file; do read -r line <"$file"; done; done' sh "$@"
}

load_module
bind_card p40a
bind_card r3080
readers=
for card in p40a r3080; do
	reads "$(device $card)"/gpupt/* 2>/dev/null &
	readers="$readers $!"
	# These look at what drivers hold.
	reads "$(device $card)"/gpupt/viable "$(device $card)"/gpupt/framebuffer 2>/dev/null &
	readers="$readers $!"
done
ctl r3080 boot-ms 0
rounds=40
for card in p40a r3080; do
	reset=sbr
	[ $card = p40a ] || reset=flr
	ctl $card clear
	refused=0
	for round in $(seq $rounds); do
		vfioc "$(bdf $card)" open close >/tmp/said || :
		grep -q "open rc=0" /tmp/said || {
			refused=$((refused + 1))
			cat /tmp/said
		}
	done
	expect_eq "$card: refused of $rounds starts" "$refused" 0
	expect_at_least "$card: resets that it saw" "$(ctl $card count $reset)" $((2 * rounds))
done
for pid in $readers; do
	expect kill -0 "$pid"
	kill "$pid"
done

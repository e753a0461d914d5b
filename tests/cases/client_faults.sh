# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+r3080b
# root: clients
# timeout: 1500
# run: full
# checkers: no
# Debian 13's QEMU and cards of four kinds: what it does when several machines run, when a card is hung or dead as its
# machine starts, dies while that runs, or when it is killed in the middle of a reset.

. /client.sh

set -- p40a gtx1080 r3080 rtx2080
lives "$@"

# Two machines at once. A third, with the card of the first, is refused, and that card is left alone.
soil r3080 p40a
machine_begin one r3080
machine_begin two p40a
machine_up one
machine_up two
witness start r3080 p40a
soil r3080
machine_begin three r3080
machine_over three
expect_eq "exit code of the third" "$rc" 1
expect_eq "soiled functions of the first's card" "$(ctl r3080 soiled)" "0 1"
expect_eq "resets of it" "$(ctl r3080 count flr) $(ctl r3080 count sbr)" "0 0"
soil p40a
machine_reset two
witness reset p40a
expect machine_runs one
machine_kill one
soil p40a
machine_quit two
witness quit r3080 p40a

# Hung when their machine starts: they come back with it.
soil "$@"
for card; do
	ctl "$card" hang config sbr
done
machine hung "$@"
witness hung-at-start "$@"
machine_quit hung

# Dead when its machine starts: QEMU says so and ends, in seconds.
for card; do
	ctl "$card" hang config never
	log_mark
	machine_begin dead "$card"
	machine_over dead
	expect_eq "$card: exit code" "$rc" 1
	expect grep -q 'Resource temporarily unavailable' /tmp/dead.log
	expect_within "$card: milliseconds in resets" "$(log_span "gpupt_reset $(bdf "$card")")" 10000
	ctl "$card" healthy
	reset_card "$card"
	expect_errno 0
done

# Dies while its machine runs: that can still be reset and ended. After QEMU's hot reset it is the kernel that waits
# for the card, for a minute, with the module or without.
for card in r3080 p40a; do
	machine dies $card
	ctl $card hang config never
	machine_reset dies
	expect_within "$card: milliseconds until it was reset" "$ms" 85000
	machine_quit dies
	expect_eq "$card: exit code" "$rc" 0
	expect_within "$card: milliseconds until the end" "$ms" 25000
	ctl $card healthy
	reset_card $card
	expect_errno 0
done

# Killed in the middle of a reset, at the start and at one of its own.
for card in r3080 p40a gtx1080; do
	ctl $card flr-ready-ms 2500
	ctl $card sbr-ready-ms 2500
	soil $card
	machine_begin killed $card
	expect wait_until 60 in_reset $card
	machine_kill killed
	expect_within "$card: milliseconds until the end" "$ms" 15000
	wait_until 10 prints alive ctl $card verdict || :
	witness killed $card

	machine killed $card
	soil $card
	machine_ask killed system_reset
	expect wait_until 20 in_reset $card
	machine_kill killed
	expect_within "$card: milliseconds until the end" "$ms" 15000
	wait_until 10 prints alive ctl $card verdict || :
	witness killed $card
	ctl $card healthy
done

# All of them are well.
soil "$@"
machine last "$@"
witness start "$@"
soil "$@"
machine_quit last
witness quit "$@"

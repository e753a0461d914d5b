# SPDX-License-Identifier: GPL-2.0
# Closing and killing the client reach the hook: the card is reset each time, by us.

load_module
bind_card p40a
bind_card r3080
for card in p40a r3080; do
	gpu=$(bdf $card)
	before=$(attr $card resets)
	client "$gpu" open close
	expect_eq "client's exit" "$rc" 0
	expect_eq "$card: resets by open and close" $(($(attr $card resets) - before)) 2

	before=$(attr $card resets)
	rm -f /tmp/client
	vfioc "$gpu" open enable bar0 hang >/tmp/client &
	pid=$!
	wait_until 10 grep -q hang /tmp/client
	expect_eq "$card: resets by open" $(($(attr $card resets) - before)) 1
	# It hangs while the machine runs, and the machine is killed for it.
	ctl $card hang bar flr
	[ $card != p40a ] || ctl $card hang bar sbr
	kill -9 $pid
	wait $pid || :
	wait_until 10 prints $((before + 2)) attr $card resets || :
	expect_eq "$card: resets by open and kill" $(($(attr $card resets) - before)) 2
	expect_eq "$card: last_result" "$(attr $card last_result)" ok
	expect_eq "$card: failures" "$(attr $card failures)" 0
	client "$gpu" open id enable bar0 reset enable bar0 close
	expect_eq "client's exit afterwards" "$rc" 0
done
expect_at_least "FLRs the 3080 saw" "$(ctl r3080 count flr)" 4
expect_at_least "bus resets the P40 saw" "$(ctl p40a count sbr)" 4

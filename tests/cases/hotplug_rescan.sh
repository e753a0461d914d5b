# SPDX-License-Identifier: GPL-2.0
# A card that is taken off the bus and found again comes back managed, and its reset works.

load_module
for card in p40a r3080; do
	log_mark
	before=$(methods $card)
	replug $card
	expect test -e "$(device $card)/gpupt_reset"
	expect_eq "$card: methods" "$(methods $card)" "$before"
	expect_eq "$card: resets" "$(attr $card resets)" 0
	ctl $card hang config sbr
	reset_card $card
	expect_errno 0
	expect_within milliseconds "$ms" 3000
	expect_alive $card
done
expect_eq "its audio function" "$(methods r3080 1)" absent
unload_module
expect_eq "P40 after unload" "$(methods p40a)" bus
expect_eq "RTX 3080 after unload" "$(methods r3080)" "flr bus"
expect_eq "its audio function after unload" "$(methods r3080 1)" absent

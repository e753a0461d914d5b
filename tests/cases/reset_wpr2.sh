# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# ci: 6.1 7.3
# Memory that the GSP firmware of the last guest protected is still protected, and the next driver
# gives up ("unexpected WPR2 already up, cannot proceed with booting GSP"): reported for warm
# reboots and for guests that crashed. The stock kernel's FLR is a success if the card answers. Here
# it is not while WPR2 is up, and the next rung is tried.

ctl r3080 wpr2 sbr
stock_reset r3080
expect_errno 0
# It does not wait for firmware either.
sleep 1
expect_eq "stock: the card's word" "$(ctl r3080 verdict)" "dead wpr2"
power_cycle r3080

load_module
for card in r3080 rtx5090; do
	ctl $card wpr2 sbr
	reset_card $card
	expect_errno 0
	expect_eq "$card: last_rung" "$(attr $card last_rung)" bus
	expect_eq "$card: its word" "$(ctl $card verdict)" alive
done
# One that only power clears.
ctl r3080 wpr2 power
reset_card r3080
expect_errno EIO
expect_eq state "$(attr r3080 state)" hung
expect_ne "its word" "$(ctl r3080 verdict)" alive

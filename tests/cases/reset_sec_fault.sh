# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# timeout: 90
# ci: 6.1 7.3
# A SEC fault (registers read 0xbadf0200) lasts until power is cut, so no further rung is tried, and
# no virtual machine gets the card. The stock kernel calls its reset a success.

ctl r3080 sec power
stock_reset r3080
expect_errno 0
expect_eq "stock: the card's word" "$(ctl r3080 verdict)" "dead sec"
power_cycle r3080

load_module
for card in p40a r3080 gh200; do
	ctl $card clear
	ctl $card sec power
	log_mark
	reset_card $card
	expect_errno EIO
	expect_within "$card: milliseconds" "$ms" 6000
	expect_at_most "$card: resets it saw" "$(($(ctl $card count flr) + $(ctl $card count sbr)))" 2
	expect_log "gpupt_reset $(bdf $card): reset failed"
	expect_no_log "verified alive"
	bind_card $card
	client "$(bdf $card)" open id
	expect_ne "$card: client's exit" "$rc" 0
	expect_within "$card: open, milliseconds" "$(said_ms open)" 10000
done

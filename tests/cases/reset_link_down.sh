# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# timeout: 150
# ci: 6.1 7.3
# The link is down: config space reads all-ones ("Unknown header type 7f"). A bus reset that brings
# the link back revives the card. One that stays down is refused in bounded time.

# A bus reset would do, but the stock kernel has none for one of two functions.
ctl r3080 link-dead sbr
stock_reset r3080
expect_ne "stock: the card's word" "$(ctl r3080 verdict)" alive
power_cycle r3080

load_module
for card in p40a r3080 rtx5090; do
	ctl $card link-dead sbr
	expect_eq "$card: vendor" "$(config $card 0 2)" ffff
	reset_card $card
	expect_errno 0
	expect_eq "$card: its word" "$(ctl $card verdict)" alive
	expect_real_bars $card
done
ctl p40a link-dead power
log_mark
reset_card p40a
expect_errno EIO
expect_within milliseconds "$ms" 60000
expect_no_log "verified alive"
expect_eq state "$(attr p40a state)" dead
bind_card p40a
client "$(bdf p40a)" open id
expect_ne "client's exit" "$rc" 0
expect_within "open: milliseconds" "$(said_ms open)" 10000

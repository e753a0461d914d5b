# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# timeout: 240
# ci: 6.1 7.3
# A card that nothing revives, where no slot can be powered off: the write fails, in bounded time,
# and nobody calls that a success.

load_module
ctl p40a hang config never
ctl r3080 hang config never
ctl rtx5090 hang bar never
for card in p40a r3080 rtx5090; do
	log_mark
	reset_card $card
	expect_errno EIO
	expect_within "$card: milliseconds" "$ms" 60000
	expect_log_count 1 "gpupt_reset $(bdf $card): reset failed"
	expect_no_log "verified alive"
	expect_ne "$card: last_result" "$(attr $card last_result)" ok
	expect_eq "$card: failures" "$(attr $card failures)" 1
done
expect_eq "state of a card without config space" "$(attr p40a state)" dead
expect_eq "state of a card without registers" "$(attr rtx5090 state)" hung

# The kernel's file says so too.
log_mark
stock_reset p40a
expect_ne errno "$errno" 0
expect_within "the kernel's file: milliseconds" "$ms" 10000
expect_no_log "verified alive"

# With power it is a card like any other again.
for card in p40a r3080 rtx5090; do
	power_cycle $card
	reset_card $card
	expect_errno 0
	expect_alive $card
done

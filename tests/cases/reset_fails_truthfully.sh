# SPDX-License-Identifier: GPL-2.0
# A card that nothing revives: the write fails, in bounded time, and nobody calls that a success.

load_module
ctl p40a hang config never
ctl r3080 hang config never
ctl p40b hang bar never
for card in p40a r3080 p40b; do
	log_mark
	reset_card $card
	expect_errno EIO
	expect_at_most "$card: milliseconds" "$ms" 13000
	expect_log_count 1 "gpupt_reset $(bdf $card): reset failed"
	expect_no_log "verified alive"
	expect_eq "$card: last_rung" "$(attr $card last_rung)" bus
	expect_ne "$card: last_result" "$(attr $card last_result)" ok
	expect_eq "$card: failures" "$(attr $card failures)" 1
done
expect_eq "state of a card without config space" "$(attr p40a state)" dead
expect_eq "state of a card without registers" "$(attr p40b state)" hung

# The kernel's file says so too.
log_mark
stock_reset p40a
expect_ne errno "$errno" 0
expect_at_most "the kernel's file: milliseconds" "$ms" 13000
expect_no_log "verified alive"

# With power it is a card like any other again.
power_cycle p40a
power_cycle r3080
power_cycle p40b
for card in p40a r3080 p40b; do
	reset_card $card
	expect_errno 0
	expect_alive $card
done

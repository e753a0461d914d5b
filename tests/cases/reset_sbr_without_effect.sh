# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# timeout: 150
# ci: 6.1 7.3
# A hung card that ignores the bus reset, where no slot can be powered off, stays hung, and the
# write says so.

load_module
# One that answers is not taken for one that was reset either, though nothing is wrong with its registers.
ctl p40a sbr none
log_mark
reset_card p40a
expect_errno EIO
expect_no_log "verified alive"
expect_eq state "$(attr p40a state)" hung
ctl p40a healthy
reset_card p40a
expect_errno 0
for card in p40a r3080; do
	ctl $card sbr none
	ctl $card hang config sbr
	log_mark
	reset_card $card
	expect_errno EIO
	expect_within "$card: milliseconds" "$ms" 60000
	expect_no_log "verified alive"
	expect_eq state "$(attr $card state)" dead
done

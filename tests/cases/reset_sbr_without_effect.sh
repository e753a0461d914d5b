# SPDX-License-Identifier: GPL-2.0
# A hung card that ignores the bus reset stays hung, and the write says so.

load_module
for card in p40a r3080; do
	ctl $card sbr none
	ctl $card hang config sbr
	log_mark
	reset_card $card
	expect_errno EIO
	expect_at_most "$card: milliseconds" "$ms" 13000
	expect_no_log "verified alive"
	expect_eq state "$(attr $card state)" dead
done

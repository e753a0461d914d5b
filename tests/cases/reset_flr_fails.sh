# SPDX-License-Identifier: GPL-2.0
# ci: 6.12 7.2
# An FLR that kills the card, or never completes, is followed by a bus reset, whether the port shows
# a card that is not ready as RRS or as all-ones. Asked for alone, the FLR fails and says so.

# try FAULT NOT-READY CARD
try() {
	ctl "$3" flr "$1"
	ctl "$3" not-ready "$2"
	reset_card "$3"
	expect_errno 0
	expect_within "$3, flr $1, $2: milliseconds" "$ms" 8000
	expect_eq last_rung "$(attr "$3" last_rung)" bus
	expect_eq "FLRs the card saw" "$(ctl "$3" count flr)" 1
	expect_eq "bus resets the card saw" "$(ctl "$3" count sbr)" 1
	expect_alive "$3"
	ctl "$3" healthy
	ctl "$3" clear
}

load_module
try kills rrs r3080
try kills ones r3080b
try never rrs r3080
try never ones r3080
try never rrs r3080b

ctl r3080 flr kills
log_mark
reset_card r3080 flr
expect_errno EIO
expect_eq last_rung "$(attr r3080 last_rung)" flr
expect_eq last_result "$(attr r3080 last_result)" ENODEV
# A bus reset was not tried, so nobody may call it dead.
expect_eq state "$(attr r3080 state)" hung
expect_no_log "verified alive"
reset_card r3080 flr
expect_errno EIO
expect_log "gpupt_reset $(bdf r3080): not reset: the card does not answer; write 1 to gpupt_reset"
reset_card r3080 bus
expect_errno 0
expect_alive r3080

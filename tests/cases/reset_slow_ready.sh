# SPDX-License-Identifier: GPL-2.0
# ci: 6.12 7.2
# A card that takes its time after the reset is waited for, behind ports with and without RRS
# visibility, whichever way it says "not yet", and its firmware's boot is waited for as well.

# try RUNG NOT-READY CARD
try() {
	ctl "$3" not-ready "$2"
	ctl "$3" flr-ready-ms 1000
	ctl "$3" sbr-ready-ms 1000
	reset_card "$3"
	expect_errno 0
	expect_at_least "$3, $2: milliseconds" "$ms" 1000
	expect_within "$3, $2: milliseconds" "$ms" 2000
	expect_eq last_rung "$(attr "$3" last_rung)" "$1"
	expect_alive "$3"
}

load_module
try bus rrs p40a
try bus ones p40a
try bus rrs p40b
try flr rrs r3080
try flr ones r3080
try flr rrs r3080b

ctl r3080 healthy
ctl r3080 boot-ms 1500
reset_card r3080
expect_errno 0
expect_at_least "with slow firmware: milliseconds" "$ms" 1500
expect_eq last_rung "$(attr r3080 last_rung)" flr

# Firmware that never ends its boot is no life.
ctl r3080 boot-ms -1
reset_card r3080
expect_errno EIO
expect_eq last_result "$(attr r3080 last_result)" ETIMEDOUT

# SPDX-License-Identifier: GPL-2.0
# ci: 6.1
# Resets of one card, through every door at once. Each of them succeeds or says that somebody else is at
# it; none is a success without having been verified, and none finds a healthy card dead.

. /race.sh
load_module
p40=$(device p40a)
r3080=$(device r3080)
audio=$(device r3080 1)
ctl r3080 boot-ms 50

# Nobody but readers: they are never in the way.
log_mark
known=none
race 4 "put $r3080/gpupt_reset 1 bus flr" "look $r3080/gpupt_claim $r3080/gpupt_reset" \
	"look $r3080/gpupt/state $r3080/driver_override $audio/driver_override" \
	"look $audio/uevent $audio/config" "put $p40/gpupt_reset 1 bus" \
	"look $p40/gpupt_claim $p40/gpupt/state"
expect_no_log "reset failed|not reset|no bus reset"

# What the kernel says of a lock that it does not get.
known='Device or resource busy|Resource temporarily unavailable'
was="$(attr p40a resets) $(attr r3080 resets)"
log_mark
race 6 "put $p40/gpupt_reset 1 bus" "put $p40/gpupt_reset 1 bus-long" "put $p40/reset 1" \
	"put $r3080/gpupt_reset 1 flr bus" "put $r3080/gpupt_reset 1" "put $r3080/reset 1" \
	"put $(bus_reset_file r3080) 1" "put $audio/d3cold_allowed 1"
expect_no_log "reset failed|unlocked secondary bus reset|pciehp"
# shellcheck disable=SC2086	# a number for each actor
set -- $was $successes
expect_eq "p40a: verified resets" "$(($(attr p40a resets) - $1))" $(($3 + $4 + $5))
expect_eq "r3080: verified resets" "$(($(attr r3080 resets) - $2))" $(($6 + $7 + $8 + $9))
expect_sound p40a r3080

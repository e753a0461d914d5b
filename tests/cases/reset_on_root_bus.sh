# SPDX-License-Identifier: GPL-2.0
# cards: places
# timeout: 90
# A card on the root bus, as an endpoint of the root complex: there is no port to reset a bus with, so an
# FLR is all there is, and what it does not cure is refused.

load_module
expect_eq rungs "$(cat "$(device r3080)/gpupt_reset")" flr
ctl r3080 hang bar flr
reset_card r3080
expect_errno 0
expect_eq "its word" "$(ctl r3080 verdict)" alive
for rung in bus bus-long slot-power rescan; do
	reset_card r3080 $rung
	expect_errno EOPNOTSUPP
done
ctl r3080 hang bar sbr
log_mark
reset_card r3080
expect_errno EIO
expect_no_log "verified alive"
expect_ne state "$(attr r3080 state)" ok
bind_card r3080
client "$(bdf r3080)" open id
expect_ne "client's exit" "$rc" 0

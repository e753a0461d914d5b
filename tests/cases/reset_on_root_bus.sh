# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# timeout: 90
# ci: 6.1 7.3
# A card on the root bus, as an endpoint of the root complex: there is no port to reset a bus with,
# so an FLR is all there is, and what it does not cure is refused.

load_module
expect_eq rungs "$(cat "$(device rootbus)/gpupt_reset")" flr
ctl rootbus hang bar flr
reset_card rootbus
expect_errno 0
expect_eq "its word" "$(ctl rootbus verdict)" alive
for rung in bus bus-long slot-power rescan; do
	reset_card rootbus $rung
	expect_errno EOPNOTSUPP
done
ctl rootbus hang bar sbr
log_mark
reset_card rootbus
expect_errno EIO
expect_no_log "verified alive"
expect_ne state "$(attr rootbus state)" ok
bind_card rootbus
client "$(bdf rootbus)" open id
expect_ne "client's exit" "$rc" 0

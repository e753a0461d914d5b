# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# timeout: 90
# ci: 6.1 7.3
# A bus reset leaves a GH200 dead until its power is cut; the kernel marks it as not to be bus
# reset. Nothing of ours resets its bus, whatever state it is in.

expect_eq "stock: methods" "$(methods gh200)" flr
config "$(port gh200)" 0x3e 2=0x0042 >/dev/null
config "$(port gh200)" 0x3e 2=0x0002 >/dev/null
sleep 1
expect_eq "its word after a bus reset" "$(ctl gh200 verdict)" "dead hang"
power_cycle gh200
ctl gh200 clear

load_module
expect_eq rungs "$(cat "$(device gh200)/gpupt_reset")" flr
for fault in "hang bar flr" "wpr2 flr"; do
	# shellcheck disable=SC2086	# words
	ctl gh200 $fault
	reset_card gh200
	expect_errno 0
	expect_eq last_rung "$(attr gh200 last_rung)" flr
	expect_eq "its word" "$(ctl gh200 verdict)" alive
done
for rung in bus bus-long rescan; do
	reset_card gh200 $rung
	expect_errno EOPNOTSUPP
done
ctl gh200 hang config sbr
reset_card gh200
expect_errno EIO
bind_card gh200
client "$(bdf gh200)" open id close
expect_ne "client's exit" "$rc" 0
expect_within "open: milliseconds" "$(said_ms open)" 10000
expect_eq "bus resets it saw" "$(ctl gh200 count sbr)" 0

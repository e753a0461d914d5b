# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# ci: 6.1 7.3
# Memory that the GSP firmware of the last guest protected is still protected, and the next driver
# gives up ("unexpected WPR2 already up, cannot proceed with booting GSP"): reported for warm
# reboots and for guests that crashed. The stock kernel's FLR is a success if the card answers. Here
# it is not while WPR2 is up, and the next rung is tried, if this card has shown WPR2 down before. If not,
# the register may mean something else, and the reset counts as it does on the stock kernel.

ctl r3080 wpr2 sbr
stock_reset r3080
expect_errno 0
# It does not wait for firmware either.
sleep 1
expect_eq "stock: the card's word" "$(ctl r3080 verdict)" "dead wpr2"
power_cycle r3080

load_module
ctl r3080 wpr2 sbr
log_mark
stock_reset r3080
expect_errno 0
expect_eq "never seen down: bus resets" "$(ctl r3080 count sbr)" 0
expect_eq "never seen down: state" "$(attr r3080 state)" ok
expect_eq "never seen down: signs_missed" "$(attr r3080 signs_missed)" wpr2
expect_log "gpupt_reset $(bdf r3080): not seen: wpr2"
for card in r3080 rtx5090; do
	ctl $card healthy
	reset_card $card
	expect_errno 0
	expect_eq "$card: signs_missed" "$(attr $card signs_missed)" none
	ctl $card wpr2 sbr
	reset_card $card
	expect_errno 0
	expect_eq "$card: last_rung" "$(attr $card last_rung)" bus
	expect_eq "$card: its word" "$(ctl $card verdict)" alive
done
# One that only power clears.
ctl r3080 wpr2 power
reset_card r3080
expect_errno EIO
expect_eq state "$(attr r3080 state)" hung
expect_ne "its word" "$(ctl r3080 verdict)" alive

# On behalf of a virtual machine the bus is reset once for that, in vain, and not at each start again; and a
# card whose registers answer is never kept from the kernel's own bus reset.
power_cycle r3080
reset_card r3080
expect_errno 0
bind_card r3080
ctl r3080 wpr2 power
ctl r3080 clear
client "$(bdf r3080)" open info enable bar0
# by bus and bus-long for that, and by the kernel when the machine ends, since the reset at the open failed
expect_eq "first start: bus resets" "$(ctl r3080 count sbr)" 3
ctl r3080 clear
client "$(bdf r3080)" open info enable bar0
expect_eq "second start: FLRs" "$(ctl r3080 count flr)" 1
expect_eq "second start: bus resets" "$(ctl r3080 count sbr)" 1
ctl r3080 clear
client "$(bdfs r3080)" open hotreset@0 enable@0 bar0@0
expect_eq "client's exit" "$rc" 0
expect_eq "third start: bus resets by hot reset and at the end" "$(ctl r3080 count sbr)" 2

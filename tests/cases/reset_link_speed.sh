# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# timeout: 150
# ci: 6.1 7.3
# After a bus reset the link does not train at its full speed ("retraining failed"; owners set Gen3
# in the firmware of the board). The stock kernel loses the card. The long bus reset lets the port
# ask for less.

ctl p40a link-speed 2
stock_reset p40a
echo "stock kernel: errno $errno after $ms ms"
expect_ne "stock: the card's word" "$(ctl p40a verdict)" alive
power_cycle p40a

load_module
for card in p40a r3080 rtx5090; do
	ctl $card link-speed 2
	ctl $card hang config sbr
	log_mark
	reset_card $card
	expect_errno 0
	expect_eq "last_rung" "$(attr $card last_rung)" bus-long
	expect_eq "the card's word" "$(ctl $card verdict)" alive
	expect_log "gpupt_reset $(bdf $card): .*link"
done

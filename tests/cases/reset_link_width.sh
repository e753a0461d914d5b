# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# ci: 6.1 7.3
# The link of a card has half its lanes after an FLR, until the machine is cold booted (reported for
# an RTX 5090). The stock kernel does not look. Here a worse link is trained again, and one that
# stays worse is told of; the card is alive either way.

# lanes CARD: of the link, by the port
lanes() {
	cat "/sys/bus/pci/devices/$(port "$1")/current_link_width"
}

real=$(lanes r3080)
ctl r3080 link-width 8
stock_reset r3080
expect_errno 0
expect_eq "stock: lanes" "$(lanes r3080)" 8
power_cycle r3080

load_module
expect_eq "lanes before" "$(lanes r3080)" "$real"
ctl r3080 link-width 8
reset_card r3080 flr
expect_errno 0
expect_eq "lanes" "$(lanes r3080)" "$real"
ctl r3080 link-width 8 keep
log_mark
reset_card r3080 flr
expect_errno 0
expect_eq "lanes" "$(lanes r3080)" 8
expect_log "gpupt_reset $(bdf r3080): .*link.*x8"
expect_eq "the card's word" "$(ctl r3080 verdict)" alive

# SPDX-License-Identifier: GPL-2.0
# timeout: 90
# ci: 6.1 7.3
# The link of an idle card is slower than it was under load, by nobody's fault: NVIDIA cards do that by themselves,
# and the bandwidth control of kernels from 6.13 on may. That is no damage: nobody is told to reseat the card, and the
# link is not trained again.

port=$(port r3080)
expect_eq "PCI Express capability of $port" "$(config "$port" 0x54 1)" 10
speed() {
	cat "/sys/bus/pci/devices/$port/current_link_speed"
}

load_module
reset_card r3080 flr
expect_errno 0
ctl2=$(config "$port" 0x84 2)
ctl=$(config "$port" 0x64 2)
before=$(speed)
config "$port" 0x84 "2=0x$(printf %04x $((0x$ctl2 & 0xfff0 | 1)))"
config "$port" 0x64 "2=0x$(printf %04x $((0x$ctl | 0x20)))"
sleep 1
expect_ne "speed of an idle card" "$(speed)" "$before"
slow=$(speed)
log_mark
for rung in flr bus; do
	reset_card r3080 $rung
	expect_errno 0
	expect_eq "speed after $rung" "$(speed)" "$slow"
done
expect_no_log "link"

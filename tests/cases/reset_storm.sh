# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# ci: 6.1 7.3
# A bus reset makes the port report errors (Surprise Down, Completion Timeout), and hosts were
# reported to go down with them. They are masked while the bus is reset, and cleared.

aer() {
	sed -n 's/^TOTAL_ERR_FATAL //p' "/sys/bus/pci/devices/$(port "$1")/aer_dev_fatal"
}

load_module
ctl r3080 storm on
before=$(aer r3080)
log_mark
for round in 1 2 3; do
	reset_card r3080 bus
	expect_errno 0
done
expect_eq "bus resets with errors to log" "$(ctl r3080 count storm)" 3
sleep 1
expect_no_log "AER|PCIe Bus Error"
expect_eq "fatal errors" "$(aer r3080)" "$before"
expect_eq "the card's word" "$(ctl r3080 verdict)" alive

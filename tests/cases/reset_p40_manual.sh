# SPDX-License-Identifier: GPL-2.0
# A hung Tesla P40 (only a bus reset revives it) comes back with "echo 1 > gpupt_reset", within 3 s
# and with its real configuration. The stock kernel 6.1 saves and restores the all-ones instead.

ctl p40a hang config sbr
stock_reset p40a
real=$(resource_bars "$(bdf p40a)")
found=$(config_bars "$(bdf p40a)")
if kernel_at_least 6 12; then
	echo "stock kernel: errno $errno after $ms ms, BARs $found (it has $real)"
else
	expect_errno 0
	expect_ne "stock kernel 6.1 reports success, and the BARs are" "$found" "$real"
fi
power_cycle p40a

load_module
expect_alive p40a
expect_eq "state before the first reset" "$(attr p40a state)" unknown
expect_eq "last_rung before the first reset" "$(attr p40a last_rung)" none
ctl p40a clear
ctl p40a hang config sbr
expect_eq "state of the hung card" "$(attr p40a state)" hung
log_mark
reset_card p40a
expect_errno 0
expect_within "milliseconds" "$ms" 3000
expect_alive p40a
expect_eq "state" "$(attr p40a state)" ok
expect_eq "family" "$(attr p40a family)" pascal
expect_eq "last_rung" "$(attr p40a last_rung)" bus
expect_eq "last_result" "$(attr p40a last_result)" ok
expect_at_most "last_ms" "$(attr p40a last_ms)" "$ms"
expect_eq "resets" "$(attr p40a resets)" 1
expect_eq "failures" "$(attr p40a failures)" 0
expect_eq "bus resets the card saw" "$(ctl p40a count sbr)" 1
expect_log_count 1 "gpupt_reset $(bdf p40a): reset by bus in [0-9]+ ms, card verified alive"

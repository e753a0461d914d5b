# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080
# timeout: 200
# ci: 6.1 7.3
# Cards that only power revives, in slots that can be switched off, and rescan by hand: only on
# request, and every function gets back the driver, or none, that it had.

load_module
for card in p40a r3080; do
	bind_vfio "$(bdf $card)"
	ctl $card hang config power
	stock_reset $card
	expect_errno EAGAIN
	expect_eq "power cycles by the kernel's request" "$(ctl $card count power)" 0
	reset_card $card
	expect_errno 0
	expect_within milliseconds "$ms" 30000
	expect_eq "last_rung" "$(attr $card last_rung)" slot-power
	expect_eq "resets go on" "$(attr $card resets)" 2
	expect_eq "power cycles" "$(ctl $card count power)" 1
	expect_eq "driver" "$(driver_of "$(bdf $card)")" vfio-pci
	expect_eq "override" "$(cat "$(device $card)/driver_override")" vfio-pci
	expect_eq "the card's word" "$(ctl $card verdict)" alive
	client "$(bdf $card)" open enable bar0 close
	expect_eq "client's exit" "$rc" 0

	reset_card $card rescan
	expect_errno 0
	expect_eq "last_rung" "$(attr $card last_rung)" rescan
	expect_eq "driver" "$(driver_of "$(bdf $card)")" vfio-pci
	expect_real_bars $card
done
expect_eq "mappings of BARs that are left" "$(grep '\[gpupt_reset\]' /proc/vmallocinfo)" ""
expect_eq "driver of a function without one" "$(driver_of "$(bdf r3080 1)")" none
expect_eq "override of it" "$(cat "$(device r3080 1)/driver_override")" "(null)"
expect_eq "reset_method of the new device" "$(methods r3080 | cut -d' ' -f1)" device_specific

# Rescan finds nothing where nothing answers, so the functions stay.
ctl r3080 hang config never
reset_card r3080 rescan
expect_errno EIO
expect test -e "$(device r3080)/gpupt_reset"

# It comes back and answers, but without a BAR that it had: no driver could use it.
ctl p40a config 0 18 0
log_mark
reset_card p40a
expect_errno EIO
expect_eq "power cycles of p40a" "$(ctl p40a count power)" 2
expect_log "gpupt_reset .*BAR 1 did not come back"
expect_no_log "verified alive"
expect_eq "state" "$(attr p40a state)" hung
ctl p40a heal
power_cycle p40a
expect_real_bars p40a

# Nothing helps: the write ends, the slot stays off, and hot-plug gives up.
log_mark
reset_card r3080
expect_errno EIO
expect_within milliseconds "$ms" 60000
expect_log "gpupt_reset .*reset failed .* power the host off"
sleep 4
expect_log_count 1 "No device found|Cannot add device"
ctl r3080 healthy
power_cycle r3080
expect_alive r3080

# SPDX-License-Identifier: GPL-2.0
# timeout: 120
# Bus resets that the kernel does without asking for a method (VFIO's hot reset, the one when it is
# closed, reset_subordinate) end when the card is alive, boot of its firmware included. The stock
# kernel looks at config space alone; and 6.1 and 6.12 take the link change of a reset_subordinate
# for a card pulled out. (6.2 to 6.11 have no reset_subordinate.)

port=/sys/bus/pci/devices/$(port r3080)
bind_card r3080
ctl r3080 boot-ms 1500
client "$(bdfs r3080)" open hotreset@0 close
expect_eq "stock: client's exit" "$rc" 0
expect_within "stock: hot reset, milliseconds" "$(said_ms hotreset)" 1000
settle
bind_card r3080
# On 6.1 this takes over a minute.
if [ -e "$port/reset_subordinate" ] && kernel_at_least 6 2 && ! kernel_at_least 7 0; then
	log_mark
	write_to "$port/reset_subordinate" 1
	await_log "Slot\\($(slot r3080)\\): Card present"
	expect_ne "stock: driver after reset_subordinate" "$(driver_of "$(bdf r3080)")" vfio-pci
	power_cycle r3080
	bind_card r3080
	ctl r3080 boot-ms 1500
fi

load_module
log_mark
client "$(bdfs r3080)" open hotreset@0 enable@0 bar0@0 close
expect_eq "client's exit" "$rc" 0
expect_at_least "hot reset, milliseconds" "$(said_ms hotreset)" 1500
expect_within "hot reset, milliseconds" "$(said_ms hotreset)" 2500
expect_log_count 2 "gpupt_reset $(bdf r3080): reset by bus in [0-9]* ms, card verified alive"
expect_eq "resets by open, hot reset and both closes" "$(attr r3080 resets)" 4

if [ -e "$port/reset_subordinate" ]; then
	log_mark
	write_to "$port/reset_subordinate" 1
	expect_errno 0
	expect_at_least "reset_subordinate, milliseconds" "$ms" 1500
	expect_eq last_rung "$(attr r3080 last_rung)" bus
	expect_eq "resets" "$(attr r3080 resets)" 5
	vfioc --write "$port/reset_subordinate" 1 >/tmp/reset &
	pid=$!
	expect wait_until 10 reads resetting "$(device r3080)/gpupt/state"
	expect_not unload_module
	wait $pid
	expect_eq "resets" "$(attr r3080 resets)" 6
fi

# Errors that the port sees because its bus is reset are no errors.
ctl r3080 storm on
log_mark
client "$(bdfs r3080)" open hotreset@0 close
expect_eq "client's exit" "$rc" 0
expect_log_count 2 "gpupt_reset $(bdf r3080): reset by bus in [0-9]* ms, card verified alive"
expect_no_log AER
ctl r3080 storm off
before=$(attr r3080 resets)

# Where no function has a method that works the last close is all there is.
echo >"$(device r3080)/reset_method"
client "$(bdfs r3080)" open close
expect_eq "client's exit" "$rc" 0
expect_at_least "the last close, milliseconds" "$(said_ms close)" 1500
expect_eq "resets" "$(attr r3080 resets)" $((before + 1))
expect_eq last_rung "$(attr r3080 last_rung)" bus
sleep 1
for fn in 0 1; do
	expect_eq "driver of function $fn" "$(driver_of "$(bdf r3080 $fn)")" vfio-pci
	unbind "$(bdf r3080 $fn)"
done
expect_no_log "pciehp|reset failed"
expect_alive r3080

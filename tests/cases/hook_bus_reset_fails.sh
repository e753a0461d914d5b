# SPDX-License-Identifier: GPL-2.0
# A bus reset of the kernel's own accord that does not bring the card back: the stock kernel reports
# it as done. So does VFIO with the module, which has no way to object there, but the log and the
# attributes say what became of the card.

# hot_reset_in_vain: a P40 is open, hangs, and gets a hot reset that does not help
hot_reset_in_vain() {
	rm -f /tmp/client
	vfioc "$(bdf p40a)" open "sleep=$((2 * slow))" hotreset enable bar0 hang >/tmp/client &
	pid=$!
	wait_until 10 grep -q open /tmp/client
	log_mark
	ctl p40a hang badf power
	wait_until 20 grep -q hang /tmp/client
	cat /tmp/client
	expect grep -q 'hotreset rc=0' /tmp/client
	expect grep -q 'bar0 .*errno=DEAD' /tmp/client
}

end_client() {
	kill -9 $pid
	wait $pid || :
}

bind_card p40a
hot_reset_in_vain
end_client
power_cycle p40a
bind_card p40a

load_module
hot_reset_in_vain
expect_log_count 1 "gpupt_reset $(bdf p40a): reset failed after [0-9]* ms: -EIO, the card was not seen alive"
expect_no_log "verified alive"
expect_eq failures "$(attr p40a failures)" 1
expect_eq last_rung "$(attr p40a last_rung)" bus
expect_eq last_result "$(attr p40a last_result)" EIO
expect_eq state "$(attr p40a state)" hung
end_client

# SPDX-License-Identifier: GPL-2.0
# Another user of pci_dev_specific_reset in vendor-reset's manner is there first: the hook is shared
# and works. The other way round, the other one is refused and ours goes on.

insmod /ipmodify_user.ko
calls() {
	cat /sys/module/ipmodify_user/parameters/calls
}
log_mark
load_module
expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace-shared
expect_log "gpupt_reset: another module has hooked pci_dev_specific_reset"
expect_eq "P40" "$(methods p40a)" "device_specific bus"
expect_eq "a foreign device" "$(methods foreign)" "pm bus"
ctl p40a hang config sbr
before=$(calls)
stock_reset p40a
expect_errno 0
expect_eq resets "$(attr p40a resets)" 1
expect_at_least "the other user saw it, calls" "$(calls)" $((before + 1))
expect_alive p40a
unload_module
expect_eq "P40 after unload" "$(methods p40a)" bus
rmmod ipmodify_user

load_module
expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace
expect_not insmod /ipmodify_user.ko
ctl p40a hang config sbr
stock_reset p40a
expect_errno 0
expect_alive p40a

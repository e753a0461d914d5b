# SPDX-License-Identifier: GPL-2.0
# Another module has redirected the kernel's bus reset already: a warning says so, that is left as it
# is, and everything else works. The other way round the other one is refused.

insmod /ipmodify_user.ko function=pcibios_reset_secondary_bus
calls() {
	cat /sys/module/ipmodify_user/parameters/calls
}
log_mark
load_module
expect_log "gpupt_reset: cannot hook pcibios_reset_secondary_bus: -EBUSY"
expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace
bind_card r3080
before=$(calls)
client "$(bdfs r3080)" open hotreset@0 close
expect_eq "client's exit" "$rc" 0
expect_eq "bus resets that the other module saw, the last close's among them" $(($(calls) - before)) 2
expect_eq "resets by open and close of the GPU" "$(attr r3080 resets)" 2
settle
unload_module
rmmod ipmodify_user

load_module
expect_not insmod /ipmodify_user.ko function=pcibios_reset_secondary_bus
client "$(bdfs r3080)" open hotreset@0 close
expect_eq "resets by open, hot reset and both closes" "$(attr r3080 resets)" 4

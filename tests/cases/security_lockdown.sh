# SPDX-License-Identifier: GPL-2.0
# cmdline: lockdown=integrity
# kernels: 6.12
# ci: 6.12
# checkers: debug
# Locked down as Secure Boot does it: without a signature of the kernel's keys the module does not load, and with
# one all of it works. Debian's kernel trusts no key of ours, so the second half is for the one built here.

expect grep -q '\[integrity\]' /sys/kernel/security/lockdown
size=$(stat -c %s /gpupt_reset.ko)
head -c $((size - 1)) /gpupt_reset.ko >/tmp/unsigned.ko
log_mark
expect_not insmod /tmp/unsigned.ko
expect_log "Lockdown: insmod: unsigned module loading is restricted"
expect_not test -d /sys/module/gpupt_reset

if [ "$(tail -c 28 /gpupt_reset.ko)" = "~Module signature appended~" ]; then
	load_module
	ctl r3080 hang bar flr
	reset_card r3080
	expect_errno 0
	expect_eq verdict "$(ctl r3080 verdict)" alive
	expect_eq state "$(attr r3080 state)" ok
	write_to "$(device r3080)/gpupt_claim" 1
	expect_errno 0
	expect_eq drivers "$(drivers_of r3080)" "vfio-pci vfio-pci"
	expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace
fi

# SPDX-License-Identifier: GPL-2.0
# ci: 6.1 6.12 7.2 7.3
# The module asks the running kernel what the functions are that it hooks, and where it keeps driver_override.

[ -e /sys/kernel/debug/dynamic_debug/control ] || skip "this kernel has no dynamic debugging"
btf=/sys/kernel/btf/vmlinux
log_mark
load_module dyndbg=+p
if [ -e $btf ]; then
	expect_log 'gpupt_reset: pci_dev_specific_reset is int \(struct pci_dev \*, _Bool\)$'
	expect_log 'gpupt_reset: pcibios_reset_secondary_bus is void \(struct pci_dev \*\)$'
else
	expect_log 'gpupt_reset: the type of pci_dev_specific_reset is not known: -ENOENT'
	expect_log 'gpupt_reset: the type of pcibios_reset_secondary_bus is not known: -ENOENT'
fi
expect_no_log 'does not heed the driver_override'
expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace

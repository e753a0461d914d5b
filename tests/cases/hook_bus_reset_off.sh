# SPDX-License-Identifier: GPL-2.0
# ci: 6.1 7.3
# The hook on the kernel's bus resets is there while the module is and sbr_hook=0 and hook=off do not
# say otherwise, and is for our ports only.

# hooked: how many kernel functions are redirected for bus resets
hooked() {
	grep -c '^pcibios_reset_secondary_bus ' /sys/kernel/debug/tracing/enabled_functions || :
}

bind_card r3080
ctl r3080 boot-ms 1500
expect_eq "stock: hooked" "$(hooked)" 0
for off in sbr_hook=0 hook=off; do
	load_module $off
	expect_eq "$off: hooked" "$(hooked)" 0
	ctl r3080 clear
	client "$(bdfs r3080)" open hotreset@0
	expect_eq "$off: client's exit" "$rc" 0
	expect_within "$off: hot reset, milliseconds" "$(said_ms hotreset)" 1000
	expect_ne "$off: last_rung" "$(attr r3080 last_rung)" bus
	expect_eq "$off: bus resets, by hot reset and last close" "$(ctl r3080 count sbr)" 2
	unload_module
	settle
	bind_card r3080
done

for round in 1 2; do
	load_module
	expect_eq "hooked" "$(hooked)" 1
	expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace
	unload_module
	expect_eq "after unload: hooked" "$(hooked)" 0
done
client "$(bdfs r3080)" open hotreset@0 close
expect_eq "after unload: client's exit" "$rc" 0
expect_within "after unload: hot reset, milliseconds" "$(said_ms hotreset)" 1000
settle

# The port of a card that is none of ours keeps the kernel's bus reset.
load_module
log_mark
subordinate=/sys/bus/pci/devices/$(port foreign)/reset_subordinate
[ ! -e "$subordinate" ] || write_to "$subordinate" 1
expect_no_log gpupt_reset

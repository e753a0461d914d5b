# SPDX-License-Identifier: GPL-2.0
# timeout: 240
# ci: bookworm
# What status finds, and what it says is to be done about it, on a host of plain files.

. "$GPUPT_TESTS/lib/helper.sh"

pci=$root/sys/bus/pci/devices
kernel_says=$root/sys/kernel/gpupt

# gpu BDF DEVICE GROUP
gpu() {
	mkdir -p "$pci/$1/gpupt" "$root/sys/kernel/iommu_groups/$3"
	ln -s "../../../../kernel/iommu_groups/$3" "$pci/$1/iommu_group"
	echo 0x10de >"$pci/$1/vendor"
	echo "0x$2" >"$pci/$1/device"
	echo 0x030000 >"$pci/$1/class"
	echo 0 >"$pci/$1/gpupt_claim"
	echo ok >"$pci/$1/gpupt/state"
	echo 1 >"$pci/$1/gpupt/viable"
	echo device_specific flr bus >"$pci/$1/reset_method"
}

status() {
	gpupt_from_checkout status --no-color
}

# cmdline WORD...: what the kernel was booted with
cmdline() {
	echo "BOOT_IMAGE=/vmlinuz root=/dev/sda1 $*" >"$root/run/bed/cmdline"
}

cmdline
mount --bind "$root/run/bed/cmdline" "$root/proc/cmdline"
mkdir -p "$root/sys/module/gpupt_reset" "$kernel_says"
gpu 0000:01:00.0 2206 7
echo ftrace >"$kernel_says/hook"
echo intel >"$kernel_says/iommu"
echo on >"$kernel_says/interrupt_remapping"

note "interrupt remapping"
status
expect_out '^ok +iommu +intel, interrupt remapping on$'
echo off >"$kernel_says/interrupt_remapping"
status
expect_rc 1
expect_out '^BAD +iommu +intel, interrupt remapping off: VFIO refuses every card$'
expect_out '-> dmesg \| grep -i remapping .*allow_unsafe_interrupts=1'
cmdline quiet intremap=off,nosid
status
expect_out '-> take intremap=off,nosid from the kernel.s command line$'
cmdline
mkdir -p "$root/sys/module/vfio_iommu_type1/parameters"
echo Y >"$root/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"
status
expect_out '^note +iommu +intel, interrupt remapping off; .*any interrupt of the host'
expect_no_out 'BAD +iommu'
rm -r "$root/sys/module/vfio_iommu_type1"
echo on >"$kernel_says/interrupt_remapping"

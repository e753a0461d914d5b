# SPDX-License-Identifier: GPL-2.0
# A 3D controller whose BAR a boot framebuffer holds. vfio-pci of the stock kernel evicts it from VGA cards
# only: a machine starts and cannot use BAR 0. A claim evicts it.

load_driver bootfb bdf="$(bdf p40a)"
expect grep -q BOOTFB /proc/iomem
bind_card p40a
log_mark
client "$(bdf p40a)" open id enable bar0 close
expect_ne "stock: client's exit" "$rc" 0
expect_log "vfio-pci $(bdf p40a): BAR 0: can't reserve"
expect grep -q BOOTFB /proc/iomem
unbind "$(bdf p40a)"
echo >"$(device p40a)/driver_override"

load_module
claim p40a
expect_errno 0
expect_not grep -q BOOTFB /proc/iomem
expect_eq evicted "$(cat /sys/module/bootfb/parameters/evicted)" Y
log_mark
client "$(bdf p40a)" open id enable bar0 close
expect_eq "client's exit" "$rc" 0
expect_no_log "can't reserve"
rmmod bootfb
unload_module

# The same at the start.
load_driver bootfb bdf="$(bdf p40b)"
log_mark
load_module claim="$(bdf p40b)"
await_log "gpupt_reset $(bdf p40b): claimed for vfio-pci, from no driver"
expect_not grep -q BOOTFB /proc/iomem
client "$(bdf p40b)" open id enable bar0 close
expect_eq "client's exit" "$rc" 0
rmmod bootfb

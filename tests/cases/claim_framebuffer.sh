# SPDX-License-Identifier: GPL-2.0
# cards: vga+p40
# cmdline: vga=0x317
# drivers: bochs
# ci: 6.12 7.2
# The GPU that the machine booted with: the kernel's own vesafb, or simpledrm as on Proxmox VE, holds its BAR, a
# DRM driver takes over and is released again. It is the only display, so that has to be wanted.

fb='vesafb|BOOTFB|simpledrm'
grep -E "$fb" /proc/iomem
expect grep -q -E "$fb" /proc/iomem
expect_eq "boot VGA" "$(cat "$(device vga)/boot_vga")" 1

# has_screen: a DRM driver has one
has_screen() {
	ls /dev/dri/card* >/dev/null 2>&1
}

# At the start, and by hand: not the only display, unless forced.
log_mark
load_module claim="$(bdf vga)"
await_log "gpupt_reset $(bdf vga): not claimed: the host has no other display; write force"
expect_eq override "$(overrides_of vga)" -
claim vga
expect_errno EBUSY
expect_eq claimed "$(claimed vga)" 0
expect grep -q -E "$fb" /proc/iomem
unload_module
load_module claim=all
usleep 300000
expect_eq "all spares it" "$(claimed vga) $(claimed p40a)" "0 1"
expect grep -q -E "$fb" /proc/iomem
unload_module

log_mark
load_module claim="$(bdf vga),force"
await_log "gpupt_reset $(bdf vga): claimed for vfio-pci, from no driver"
expect_not grep -q -E "$fb" /proc/iomem
client "$(bdf vga)" open enable bar0
expect_eq "BAR 0 read and mapped" "$(echo "$said" | grep -c 'read_errno=0 .*map_errno=0')" 1
claim vga 0
expect_errno 0
expect_eq "driver" "$(driver_of "$(bdf vga)")" none

# Live, with a DRM driver of the kernel that has the console.
load_driver bochs
echo bochs-drm >"$(device vga)/driver_override"
bdf vga >/sys/bus/pci/drivers_probe
expect_eq driver "$(driver_of "$(bdf vga)")" bochs-drm
expect wait_until 10 has_screen
claim vga
expect_errno EBUSY
expect_eq driver "$(driver_of "$(bdf vga)")" bochs-drm
claim vga force
expect_errno 0
expect_not has_screen
# Once is enough: neither asked nor found again does it have to be forced.
claim vga
expect_errno 0
replug vga
drivers_settle vga vfio-pci
expect_eq claimed "$(claimed vga)" 1
client "$(bdf vga)" open enable bar0
expect_eq "BAR 0 read and mapped" "$(echo "$said" | grep -c 'read_errno=0 .*map_errno=0')" 1
claim vga 0
expect_errno 0
expect_eq driver "$(driver_of "$(bdf vga)")" bochs-drm
expect_eq override "$(overrides_of vga)" bochs-drm
expect has_screen
echo >"$(device vga)/driver_override"
unbind "$(bdf vga)"

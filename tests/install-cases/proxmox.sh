# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: GPL-2.0
# timeout: 500
# ci: none
# A host of Proxmox VE: what the firmware boots from is refreshed where proxmox-boot-tool says that it looks
# after it, a file of its name is no sign; kernels of such a host get the module, and a failing build does not
# leave one half-configured.

. "$GPUPT_TESTS/lib/helper.sh"

make_proxmox grub
running 6.1.0-1-amd64
echo "root=ZFS=rpool/ROOT/pve-1 boot=zfs" >"$root/etc/kernel/cmdline"
gpupt_from_checkout install --dry-run
expect_rc 2
expect_no_out 'proxmox-boot-tool'

make_proxmox
snapshot before
gpupt_from_checkout install -y
expect_rc 4
expect_out 'copy them to where the firmware boots from'
expect_esp "$kernel_a"
must cat /var/log/proxmox-boot-tool.log
expect_out '^refresh'

# With the hooks of the host's own kernels.
install_pve_kernel
expect_rc 0
expect_configured
expect_built "$pve_kernel"
expect_esp "$pve_kernel"
running "$pve_kernel"
in_root gpupt status --no-color
expect_out "ok +kernel +$pve_kernel has the module"
remove_pve_kernel
expect_rc 0

# A build that fails: first what plain DKMS makes of it.
running 6.1.0-1-amd64
echo '#error broken' >>"$root/usr/src/gpupt-reset-0.1.0/src/main.c"
mv "$root/etc/kernel/postinst.d/00-gpupt" "$root/tmp/hook"
install_pve_kernel
expect_rc 100
in_root dpkg --audit
expect_out "proxmox-kernel-$(regex "$pve_kernel")"
mv "$root/tmp/hook" "$root/etc/kernel/postinst.d/00-gpupt"
must dpkg --configure -a
expect_out "gpupt: WARNING: gpupt_reset could not be built for $(regex "$pve_kernel")"
expect_configured
remove_pve_kernel
expect_rc 0
install_pve_kernel
expect_rc 0
expect_out "dkms install gpupt-reset/0.1.0 -k $(regex "$pve_kernel")"
expect_configured
expect_esp "$pve_kernel"
in_root gpupt status --no-color
expect_rc 1
expect_out "BAD +kernel +$(regex "$pve_kernel") does not have the module"
remove_pve_kernel
expect_rc 0

in_root gpupt uninstall -y
expect_rc 0
expect_esp "$kernel_a"
same_as before

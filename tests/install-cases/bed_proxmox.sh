# shellcheck shell=bash disable=SC2016,SC2154	# $ is for the root; names of lib/install.sh
# SPDX-License-Identifier: GPL-2.0
# run: full
# timeout: 400
#
# The bed's stand-in for a Proxmox VE host: its kernels, hooks and boot tool, and a module built for one.

make_proxmox grub
in_root proxmox-boot-tool status
expect_rc 2
expect_out '^E: /etc/kernel/proxmox-boot-uuids does not exist\.$'
must update-initramfs -u
expect_out 'skipping ESP sync'

note "with an ESP"
make_proxmox
must proxmox-boot-tool status
expect_out '^System currently booted with uefi$'
expect_out "^ABCD-1234 is configured with: uefi \(versions: ${kernel_a//+/.}\)\$"
must proxmox-boot-tool status --quiet
expect_eq "output of status --quiet" "$(cat "$out")" ""
must pveversion
expect_out '^pve-manager/'
must update-initramfs -u
expect_out "Copying kernel and creating boot-entry for ${kernel_a//+/.}"
expect_esp "$kernel_a"
snapshot before

note "a module that DKMS builds for its kernel"
must mkdir /usr/src/one-1
cat >"$root/usr/src/one-1/dkms.conf" <<'END'
PACKAGE_NAME=one
PACKAGE_VERSION=1
BUILT_MODULE_NAME[0]=one
DEST_MODULE_LOCATION[0]=/updates/dkms
MAKE[0]="make -C $kernel_source_dir M=$dkms_tree/one/1/build modules"
CLEAN=true
AUTOINSTALL=yes
END
echo 'obj-m := one.o' >"$root/usr/src/one-1/Makefile"
printf '%s\n' '#include <linux/module.h>' 'MODULE_LICENSE("GPL");' >"$root/usr/src/one-1/one.c"
must dkms add one/1
install_pve_kernel
expect_rc 0
must dkms status
expect_out "one.*$pve_kernel.*installed"
must modinfo -k "$pve_kernel" one
expect_out "^vermagic: +$pve_kernel "
expect_esp "$pve_kernel"
must cat /var/log/proxmox-boot-tool.log
expect_out '^refresh --hook zz-proxmox-boot$'
running "$pve_kernel"
must pveversion
expect_out "running kernel: $pve_kernel"

note "another kernel, and everything gone again"
install_pve_kernel "${pve_kernel/-99-/-100-}"
expect_rc 0
expect_esp "${pve_kernel/-99-/-100-}"
must dkms status
must dkms remove one/1 --all
must rm -r /usr/src/one-1
remove_pve_kernel
expect_rc 0
remove_pve_kernel "${pve_kernel/-99-/-100-}"
expect_rc 0
must apt-get -q -y autoremove --purge
same_as before

# SPDX-License-Identifier: GPL-2.0
# timeout: 800
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

note "all that mokutil says"
# mokutil_says STATE KEY: text of --sb-state and of --test-key
mokutil_says() {
	printf '%s\n' "$1" >"$root/tmp/sb-state"
	printf '%s\n' "$2" >"$root/tmp/test-key"
	status
}
printf '#!/bin/sh\ncat "/tmp/${1#--}"\nexit 1\n' >"$root/usr/local/bin/mokutil"
chmod 755 "$root/usr/local/bin/mokutil"
mkdir -p "$root/sys/firmware/efi" "$root/var/lib/dkms"
: >"$root/var/lib/dkms/mok.pub"
key=/var/lib/dkms/mok.pub
mokutil_says "SecureBoot disabled" ''
expect_out '^ok +secure boot +off$'
mokutil_says "This system doesn't support Secure Boot" ''
expect_out '^ok +secure boot +off$'
mokutil_says "SecureBoot enabled
SecureBoot validation is disabled in shim" "$key is not enrolled"
expect_out '^note +secure boot +as good as off: .*shim does not validate'
expect_no_out 'Enroll MOK'
mokutil_says "EFI variables are not supported on this system" ''
expect_out '^note +secure boot +not known: EFI variables are not supported on this system$'
expect_out '-> mount -t efivarfs'
mokutil_says "Cannot determine secure boot state." ''
expect_out '^note +secure boot +not known, mokutil says: Cannot determine secure boot state\.$'
expect_no_out 'apt install mokutil'
gpupt_from_checkout install --dry-run
expect_no_out 'mokutil'
mokutil_says "SecureBoot enabled" "$key is already enrolled"
expect_out '^ok +secure boot +on, and the firmware knows the key'
printf '#!/bin/sh\n' >"$root/usr/local/bin/modinfo"
chmod 755 "$root/usr/local/bin/modinfo"
mokutil_says "SecureBoot enabled" "$key is already in db"
expect_out '^ok +secure boot +on, and the firmware knows the key'
expect_out "^BAD +secure boot +the module of $(regex "$kernel_a") is not signed\$"
rm "$root/usr/local/bin/modinfo"
mokutil_says "SecureBoot enabled" "$key is already in the enrollment request"
expect_out '^reboot +secure boot +on, the key of DKMS waits'
mokutil_says "SecureBoot enabled" "$key is not enrolled"
expect_out '^BAD +secure boot +on, and the firmware does not know the key'
mokutil_says "SecureBoot enabled" "EFI variables are not supported on this system"
expect_out '^note +secure boot +on, and mokutil does not tell .*: EFI variables are not supported on this system$'
rm "$root/usr/local/bin/mokutil"
status
expect_out '-> apt install mokutil$'
rm -r "$root/sys/firmware" "$root/var/lib/dkms/mok.pub"

note "a reset_method that somebody has written"
gpu 0000:02:00.0 1b38 8
echo flr bus >"$pci/0000:02:00.0/reset_method"
status
expect_out '^note +card +0000:02:00\.0 has been given the reset_method "flr bus", which passes the module by$'
expect_out '-> echo default > /sys/bus/pci/devices/0000:02:00.0/reset_method'
expect_no_out '0000:01:00\.0 has'
expect_no_out '^note: '
echo >"$pci/0000:02:00.0/reset_method"
gpupt_from_checkout list
expect_out '^note: 0000:02:00\.0 has an empty reset_method, .*reset_method .*deny=0000:02:00 '
gpupt_from_checkout list --json
expect_out '"reset_method": \[\]'
expect_out '"device_specific",'
# One that the module does not look after, and a module that VFIO does not reach.
mv "$pci/0000:02:00.0/gpupt" "$root/tmp/gpupt"
gpupt_from_checkout list
expect_no_out '^note: '
mv "$root/tmp/gpupt" "$pci/0000:02:00.0/gpupt"
echo off >"$kernel_says/hook"
gpupt_from_checkout list
expect_no_out '^note: '
echo ftrace >"$kernel_says/hook"
rm -r "$pci/0000:02:00.0"

note "images, and claims without them"
# stub PROGRAM: prints its standard input
stub() {
	{ echo '#!/bin/sh' && cat; } >"$root/usr/local/bin/$1"
	chmod 755 "$root/usr/local/bin/$1"
}
image=$root/boot/initrd.img-$kernel_a
stub modinfo <<<'echo 0.1.0'
stub lsinitramfs <<<'echo usr/lib/modules/gpupt_reset.ko'
stub update-initramfs <<<'echo Not updating initramfs.'
mkdir "$root/etc/gpupt.d"
echo 0000:01:00 >"$root/etc/gpupt.d/0000:01:00.conf"
touch "$image"
status
expect_no_out ' (initramfs|claims) .*(older|mounted)'
touch -d tomorrow "$root/etc/gpupt.d/0000:01:00.conf"
status
expect_out "^BAD +initramfs +that of $(regex "$kernel_a") is older than /etc/gpupt.d/0000:01:00.conf, so it claims as before"
touch "$root/etc/gpupt.d/0000:01:00.conf"
# What says that it worked, and did nothing.
gpupt_from_checkout release 01:00 --boot
expect_rc 0
expect_out "warning: the initramfs of $(regex "$kernel_a") is as before, though update-initramfs said that it worked"
echo update_initramfs=no >"$root/etc/initramfs-tools/update-initramfs.conf"
gpupt_from_checkout claim 01:00 --boot
expect_out "is as before: update_initramfs=no in /etc/initramfs-tools/update-initramfs.conf; mkinitramfs -o"
status
expect_out "^BAD +initramfs +that of $(regex "$kernel_a") is older than /etc/gpupt.d"
stub update-initramfs <<<'touch /boot/initrd.img-*'
gpupt_from_checkout release 01:00 --boot
expect_no_out warning
mv "$image" "$root/tmp/image"
stub update-initramfs <<<:
gpupt_from_checkout claim 01:00 --boot
expect_out "warning: there is no initramfs of $(regex "$kernel_a"): update-initramfs -c -k $(regex "$kernel_a")\$"
status
expect_out "^BAD +initramfs +there is none of $(regex "$kernel_a")\$"
mv "$root/tmp/image" "$image"
# dracut as on Debian 12: no update-initramfs, and no hooks of it.
rm "$root/usr/local/bin/"{update-initramfs,lsinitramfs,modinfo}
mkdir "$root/tmp/away"
mv "$root/usr/sbin/update-initramfs" "$root/usr/bin/lsinitramfs" "$root/usr/share/initramfs-tools" "$root/tmp/away"
status
expect_out '^note +claims +without initramfs-tools \(dracut\?\) cards are claimed by gpupt-claim\.service once the root is'
expect_out '-> apt install initramfs-tools'
gpupt_from_checkout release 01:00 --boot
expect_out 'warning: without initramfs-tools .*dracut --regenerate-all --force'
status
expect_no_out 'without initramfs-tools'
gpupt_from_checkout install --dry-run
expect_out 'warning: without initramfs-tools .*dracut --regenerate-all --force'
mv "$root/tmp/away/update-initramfs" "$root/usr/sbin/"
mv "$root/tmp/away/lsinitramfs" "$root/usr/bin/"
mv "$root/tmp/away/initramfs-tools" "$root/usr/share/"

note "a source that DKMS has lost"
# dkms_loses NAME VERSION
dkms_loses() {
	must sh -c "mkdir /usr/src/$1-$2 && cd /usr/src/$1-$2 && printf '%s\n' PACKAGE_NAME=$1 PACKAGE_VERSION=$2 \
		'BUILT_MODULE_NAME[0]=$1' 'DEST_MODULE_LOCATION[0]=/updates/dkms' >dkms.conf && dkms add $1/$2 && rm -r /usr/src/$1-$2"
	must sh -c "mkdir -p /var/lib/dkms/$1/$2/$kernel_a/x86_64/module && : >/var/lib/dkms/$1/$2/$kernel_a/x86_64/module/$1.ko"
}
dkms_loses aaa 1
dkms_loses gpupt-reset 0.0.8
status
expect_out '^note +installed +by hand: version 0\.0\.8$'
expect_out '^BAD +dkms +the source of version 0\.0\.8 is gone'
module=/lib/modules/$kernel_a/updates/dkms/gpupt_reset.ko
must mkdir -p "${module%/*}" /var/lib/gpupt
: >"$root$module"
: >"$root/var/lib/dkms/mok.pub"
printf '%s\t%s\n' key /var/lib/dkms/mok.pub dkms 0.0.8 complete 0.0.8 >"$root/var/lib/gpupt/manifest"
printf '#!/bin/sh\necho 0.0.8\n' >"$root/usr/local/bin/modinfo"
printf '#!/bin/sh\n' | tee "$root/usr/local/bin/update-initramfs" >"$root/usr/local/bin/rmmod"
chmod 755 "$root/usr/local/bin/"*
gpupt_from_checkout uninstall -y
expect_rc 0
expect_no_file /var/lib/dkms/gpupt-reset
expect_no_file "$module"
# What else DKMS has is signed with the key, though its list ends before that.
expect_file /var/lib/dkms/mok.pub
expect_out 'mok.pub, which DKMS made, stays: it is in use$'
rm "$root/usr/local/bin/"{modinfo,update-initramfs,rmmod}

note "no IOMMU, and memory that the firmware reserves"
group=$root/sys/kernel/iommu_groups/7
tables=$root/sys/firmware/acpi/tables
echo none >"$kernel_says/iommu"
status
expect_out '^BAD +iommu +there is none, so VFIO gives no card'
expect_out '-> switch on VT-d or AMD-Vi in the firmware'
cmdline intel_iommu=on
status
expect_out '-> switch on VT-d in the firmware, which does not describe it \(intel_iommu=on is there already\)$'
mkdir -p "$tables"
: >"$tables/DMAR"
cmdline intel_iommu=on,sm_off iommu=pt
status
expect_out '-> the firmware has one, and the kernel gave up on it: dmesg'
cmdline quiet
status
expect_out '-> add intel_iommu=on to the kernel.s command line$'
cmdline intel_iommu=on intel_iommu=off
status
expect_out '-> take intel_iommu=off from the kernel.s command line$'
rm "$tables/DMAR"
: >"$tables/IVRS"
cmdline
status
expect_out '-> the firmware has one, and the kernel gave up on it: dmesg'
rm -r "$root/sys/firmware"
echo other >"$kernel_says/iommu"
echo vfio-noiommu >"$group/name"
status
expect_out '^BAD +iommu +there is none but VFIO.s unsafe no-IOMMU mode'
gpupt_from_checkout list --json
expect_out '"iommu_group": null'
rm "$group/name"
echo intel >"$kernel_says/iommu"
printf '%s\n' '0x00000000fee00000 0x00000000feefffff msi' '0x00000000000e0000 0x00000000000effff direct-relaxable' \
	>"$group/reserved_regions"
status
expect_no_out 'reserves memory'
echo '0x00000000791f8000 0x00000000791fbfff direct' >>"$group/reserved_regions"
status
expect_rc 1
expect_out '^BAD +card +0000:01:00\.0 cannot be given to a virtual machine: the firmware reserves memory'
expect_no_out relax_rmrr
running 6.8.12-4-pve
status
expect_out '-> in the firmware, .*; or add intel_iommu=on,relax_rmrr to the command line'
running "$kernel_a"
rm "$group/reserved_regions"

note "vfio-pci that takes cards by itself"
echo 'options vfio-pci disable_vga=1 ids="10de:1b38, 10DE:2206"' >"$root/etc/modprobe.d/vfio.conf"
status
expect_out '^note +vfio-pci +takes 0000:01:00\.0, which is not claimed, .*: ids= in /etc/modprobe\.d/vfio\.conf$'
echo 1 >"$pci/0000:01:00.0/gpupt_claim"
status
expect_no_out 'vfio-pci +takes'
gpupt_from_checkout release 01:00
expect_out 'vfio-pci takes 0000:01:00\.0 all the same: ids= in /etc/modprobe\.d/vfio\.conf'
rm "$root/etc/modprobe.d/vfio.conf"
status
expect_no_out 'vfio-pci +takes'
cmdline vfio_pci.ids=10de:1aef,10de:2206
status
expect_out "takes 0000:01:00\.0, .*: ids= in the kernel's command line"
cmdline

note "load, which modprobe.d forbids"
rmdir "$root/sys/module/gpupt_reset"
echo 'install gpupt_reset /bin/true' >"$root/etc/modprobe.d/local.conf"
mkdir -p "$root/etc/gpupt.d"
echo 01:00 >"$root/etc/gpupt.d/a.conf"
gpupt_from_checkout load
expect_rc 1
expect_out 'a file of modprobe\.d has a blacklist or an install line for it'
expect_eq "modprobe is told all the same" "$(cat "$root/run/modprobe.d/gpupt_claim.conf")" \
	"options gpupt_reset claim=01:00"
rm "$root/etc/gpupt.d/a.conf"
gpupt_from_checkout load
expect_no_file /run/modprobe.d/gpupt_claim.conf

# SPDX-License-Identifier: GPL-2.0
# timeout: 60
# ci: bookworm
# Nothing in a report tells whose host it is, and what it is for is still in it.

. "$GPUPT_TESTS/lib/helper.sh"

# say PROGRAM: a stand-in that prints its standard input
say() {
	{ echo '#!/bin/sh' && echo "cat <<'END'" && cat && echo END; } >"$root/usr/local/bin/$1"
	chmod 755 "$root/usr/local/bin/$1"
}

pci=$root/sys/bus/pci/devices/0000:01:00.0
mkdir -p "$pci"
echo 0x10de >"$pci/vendor"
echo 0x2684 >"$pci/device"
echo 0x030000 >"$pci/class"
say hostname <<<tower.example.org
echo tower >"$root/etc/hostname"
say lspci <<'END'
0000:01:00.0 VGA compatible controller [0300]: NVIDIA Corporation AD102 [10de:2684] (rev a1)
	Capabilities: [3ac v1] Device Serial Number 48-b0-2d-ff-fe-aa-bb-cc
	Capabilities: [50] Vital Product Data
		[SN] Serial number: AB 1234567
		LnkSta:	Speed 16GT/s, Width x16
END
say dmesg <<'END'
[    0.000000] Command line: BOOT_IMAGE=/vmlinuz root=UUID=0a1b2c3d-1111-2222-3333-444455556666 intel_iommu=on
[    1.000000] gpupt_reset 0000:01:00.0: managed, family ada
[    2.000000] vfio-pci on tower: net 52:54:00:12:34:56, 192.168.7.8, fe80::5054:ff:fe12:3456, 2001:db8:0:1:2:3:4:5
[    3.000000] NVRM: GPU-0a1b2c3d-1111-2222-3333-444455556666 me@tower.example.org of example.org
END

gpupt_from_checkout report
expect_rc 0
expect_no_out 'tower|example|48-b0|1234567|52:54|192\.168|fe80|5054|2001:db8|0a1b2c3d|me@'
expect_out '^0000:01:00\.0 VGA compatible controller \[0300\]: NVIDIA Corporation AD102 \[10de:2684\] \(rev a1\)$'
expect_out 'Device Serial Number \(removed\)$'
expect_out '\[SN\] Serial number: \(removed\)$'
expect_out 'LnkSta:	Speed 16GT/s, Width x16$'
expect_out 'gpupt_reset 0000:01:00\.0: managed, family ada$'
expect_out 'vfio-pci on HOST: net \(removed\), \(removed\), \(removed\), \(removed\)$'

# A host that is called as Proxmox VE's kernels are.
say hostname <<<pve.example.org
echo pve >"$root/etc/hostname"
running 6.8.12-4-pve
gpupt_from_checkout report
expect_out '^kernel 6\.8\.12-4-pve '
expect_no_out example
gpupt_from_checkout report --json
cp "$out" "$root/tmp/report"
must sh -c 'jq -e ".versions and .cards and .log and (.log | contains(\"family ada\"))" /tmp/report'

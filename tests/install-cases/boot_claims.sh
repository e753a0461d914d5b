# SPDX-License-Identifier: GPL-2.0
# timeout: 1800
# ci: none
# A host's life: installed, booted, a card hung and brought back, claimed, claimed at every boot before any
# driver of the host, given back, and uninstalled while it runs: as it was before.

. "$GPUPT_TESTS/lib/helper.sh"

# That of the guest, which the chroot has not.
echo tower-of-babel >"$root/etc/hostname"
snapshot before

machine=host+r3080
# Without KVM an initramfs takes minutes.
boot_seconds=900
running 6.1.0-1-amd64
gpupt_from_checkout install -y
expect_rc 4

boot "$kernel_a" '
	gpupt="gpupt --no-color"
	expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace
	expect_eq drivers "$(drivers_of host)" "none snd_hda_intel xhci_hcd none"
	$gpupt status
	$gpupt list
	rc=0; $gpupt claim 2080 --dry-run || rc=$?
	expect_eq "exit of a dry run" $rc 2
	expect_eq drivers "$(drivers_of host)" "none snd_hda_intel xhci_hcd none"

	$gpupt claim 2080
	expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
	rc=0; $gpupt claim 10de:1e87 || rc=$?
	expect_eq "exit of a second claim" $rc 2
	expect_eq claimed "$(gpupt list --json | jq -r ".cards[0].claimed")" true

	# In use: refused. Hung, and idle: brought back.
	vfioc "$(bdf host)" open hang >/tmp/client &
	wait_until 20 grep -q hang /tmp/client
	rc=0; $gpupt reset 2080 || rc=$?
	expect_eq "exit of a reset of a card in use" $rc 5
	kill %1
	wait || :
	ctl host hang bar sbr
	$gpupt reset 2080
	expect_eq state "$(attr host state)" ok
	rc=0; $gpupt reset 2080 --rung slot-power --json >/tmp/j || rc=$?
	cat /tmp/j
	expect_eq "exit, and in JSON" "$(jq -c "[.exit, .result]" /tmp/j) $rc" "[5,\"unsafe\"] 5"

	$gpupt release 2080
	drivers_settle host "none snd_hda_intel xhci_hcd none"
	rc=0; $gpupt release 2080 || rc=$?
	expect_eq "exit of a second release" $rc 2
	rc=0; $gpupt claim 3090 || rc=$?
	expect_eq "exit for no such card" $rc 3

	$gpupt claim --boot $(bdf host)
	cat /etc/gpupt.d/*.conf
	$gpupt status
	$gpupt report >/tmp/report
	cat /tmp/report
	expect_not grep -i babel /tmp/report
	expect_not grep -E "([0-9a-f]{2}[:-]){5}" /tmp/report
	expect grep -q "claimed for vfio-pci" /tmp/report
	expect grep -q "LnkSta" /tmp/report
'
expect_rc 0
expect_file "/etc/gpupt.d/0000:01:00.conf"

# Not before the root is mounted, but by the initramfs: what claims first is in the log.
boot "$kernel_a" '
	expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
	for fn in $(functions host); do
		dmesg | grep "gpupt_reset $(bdf host "$fn"): claimed for vfio-pci, from no driver"
	done
	dmesg | grep -m 1 -n "systemd.1.: systemd .* running" >/tmp/systemd
	dmesg | grep -m 1 -n "claimed for vfio-pci, from no driver" >/tmp/claimed
	expect_at_most "line of the claim" "$(cut -d : -f 1 /tmp/claimed)" "$(cut -d : -f 1 /tmp/systemd)"
	expect_eq unit "$(systemctl is-active gpupt-claim.service)" active
	expect systemctl status --no-pager gpupt-claim.service
	gpupt status --no-color
	client "$(bdfs host)" vm close
	expect_eq "exit of a VM" "$rc" 0

	gpupt release --boot $(bdf host) --no-color
	expect_eq claims "$(ls /etc/gpupt.d)" ""
	gpupt uninstall -y --no-color
	expect_not grep -q gpupt /proc/modules
	expect_not test -e /sys/bus/pci/devices/$(bdf host)/gpupt_claim
'
expect_rc 0
same_as before

# SPDX-License-Identifier: GPL-2.0
# cards: host+r3080
# drivers: snd-hda-codec-generic snd-hda-intel xhci-pci
# timeout: 400
# run: full
# checkers: no
# A card that the host uses goes to a virtual machine and back, a hundred times in a row.

host_uses nouveau
load_module
n=0
while [ $n -lt 100 ]; do
	claim host >/dev/null
	state="$errno $(drivers_of host)"
	[ "$state" = "0 vfio-pci vfio-pci vfio-pci vfio-pci" ] || fail "claim $n: $state"
	[ $((n % 10)) != 0 ] || client "$(bdfs host)" vm close
	expect_eq "client's exit" "$rc" 0
	claim host 0 >/dev/null
	state="$errno $(drivers_of host)"
	[ "$state" = "0 $of_host" ] || fail "release $n: $state"
	n=$((n + 1))
done
expect_eq overrides "$(overrides_of host)" "- - - -"

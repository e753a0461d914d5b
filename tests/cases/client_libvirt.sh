# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+r3080b
# root: clients
# timeout: 900
# run: full
# checkers: no
# libvirt gives domains a 3080 that it has taken itself (managed), or that is claimed; they are reset, also when it hangs,
# and destroyed. nodedev-reset, -detach and -reattach do with the module what they do without, also to a claimed card.

. /client.sh

# all_reset: its functions, all of them, and it is well again
all_reset() {
	[ "$(ctl r3080 soiled) $(ctl r3080 verdict)" = "none alive" ]
}

# domain_reset WHEN
domain_reset() {
	expect virsh reset m
	wait_until 40 all_reset || :
	# There may be another one after that.
	sleep 2
	witness "$1" r3080
}

# domain_life MANAGED
domain_life() {
	soil r3080
	domain m "$1" r3080
	expect_eq "exit code of create, managed=$1" "$rc" 0
	witness start r3080
	soil r3080
	domain_reset reset
	soil r3080
	ctl r3080 hang config sbr
	domain_reset hang
	soil r3080
	expect virsh destroy m
	settle
	witness destroy r3080
}

# by_hand: what becomes of the card by the commands for devices, in words
by_hand() {
	local node rc said=''
	for node in "$gpu" "$audio"; do
		rc=0
		virsh nodedev-reset "$node" >&2 || rc=$?
		said="$said reset $rc,"
	done
	virsh nodedev-reattach "$gpu" >&2
	said="$said $(drivers_of r3080),"
	virsh nodedev-detach "$gpu" >&2
	virsh nodedev-detach "$audio" >&2
	said="$said $(drivers_of r3080),"
	virsh nodedev-reattach "$gpu" >&2
	said="$said $(drivers_of r3080), $(overrides_of r3080),"
	virsh nodedev-reattach "$audio" >&2
	echo "$said $(drivers_of r3080), $(overrides_of r3080)"
}

libvirt_begin
gpu=$(node r3080 0)
audio=$(node r3080 1)
expect_eq "functions that libvirt knows in its IOMMU group" \
	"$(virsh nodedev-dumpxml "$gpu" | sed -n '/iommuGroup/,/iommuGroup/p' | grep -c address)" 2
domain_life yes
expect_eq "stock: drivers afterwards" "$(drivers_of r3080)" "none none"
stock=$(by_hand)
echo "stock: by hand$stock"
ctl r3080 healthy
power_cycle r3080

load_module
domain_life yes
expect_eq "drivers afterwards" "$(drivers_of r3080)" "none none"
expect_eq "by hand" "$(by_hand)" "$stock"

claim r3080
expect_errno 0
domain_life yes
expect_eq "claimed: drivers afterwards" "$(drivers_of r3080)" "vfio-pci vfio-pci"
expect_eq "overrides" "$(overrides_of r3080)" "vfio-pci vfio-pci"
expect_eq "claimed" "$(claimed r3080)" 1

soil r3080
domain m no r3080
expect_eq "exit code of create, managed=no" "$rc" 0
witness start r3080
expect_not virsh nodedev-reset "$gpu"
claim r3080 0
expect_errno EBUSY
expect virsh destroy m
expect_eq "claimed" "$(claimed r3080)" 1

# What its user takes out of a claim is out, until it is given back.
expect virsh nodedev-reset "$gpu"
expect virsh nodedev-reattach "$gpu"
expect_eq "drivers, GPU reattached" "$(drivers_of r3080)" "none vfio-pci"
expect virsh nodedev-detach "$gpu"
expect_eq "drivers, GPU detached" "$(drivers_of r3080)" "vfio-pci vfio-pci"

# It looks at the card itself.
ctl r3080 hang config never
domain m yes r3080
expect_eq "exit code of create, with a dead card" "$rc" 1
expect_within "milliseconds until then" "$ms" 30000

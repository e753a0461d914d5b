# SPDX-License-Identifier: GPL-2.0
# cards: p40+p40b+r3080+r3080b
# timeout: 180
# ci: 6.1 7.3
# Two identical cards, one of which is claimed; and every way to name cards in claim=.

# with_claim WORDS: what each card is bound to, once drivers had their chance
with_claim() {
	log_mark
	load_module claim="$1"
	load_driver standin
	usleep 500000
	got="$(drivers_of p40a)/$(drivers_of p40b)/$(drivers_of r3080)/$(drivers_of r3080b)"
	rmmod standin
	unload_module
	expect_eq "left overrides" "$(for card in p40a p40b r3080 r3080b; do overrides_of $card; done | tr '\n' ' ')" \
		"- - - - - - "
	for card in p40a p40b r3080 r3080b; do
		for fn in $(functions $card); do
			unbind "$(bdf $card "$fn")"
		done
	done
}

place=$(bdf p40a)
id=10de:1b38
none="standin/standin/standin none/standin none"
one="vfio-pci/standin/standin none/standin none"
place=${place#0000:}
with_claim "${place%.0}"
expect_eq "by slot" "$got" "$one"
with_claim "${place%.0}=$id"
expect_eq "by slot and ID" "$got" "$one"
with_claim "${place%.0}=10de:2206"
expect_eq "by slot and another ID" "$got" "$none"
expect_log "gpupt_reset 0000:$place: not claimed: claim= names another card in this slot, this is 10de:1b38"
with_claim "$id"
expect_eq "by ID" "$got" "vfio-pci/vfio-pci/standin none/standin none"
with_claim "10de:2206,${place%.0},force"
expect_eq "two entries" "$got" "vfio-pci/standin/vfio-pci vfio-pci/vfio-pci vfio-pci"
with_claim "10de:2206"
expect_eq "the display that the host would lose" "$got" "standin/standin/standin none/vfio-pci vfio-pci"
expect_log "gpupt_reset $(bdf r3080): not claimed: the host has no other display"
boot=$(cat "$(device r3080)/boot_vga")
expect_eq "the first VGA card is the boot VGA" "$boot$(cat "$(device r3080b)/boot_vga")" 10
with_claim all
expect_eq "all but the boot VGA" "$got" "vfio-pci/vfio-pci/standin none/vfio-pci vfio-pci"
# The boot VGA is spared also when the host has another display.
load_module claim=all deny="$place,$(bdf r3080b)"
wait_until 5 test -e "$(device p40b)/driver"
usleep 300000
expect_eq "denied, claimed, spared, denied" \
	"$(drivers_of p40a)/$(drivers_of p40b)/$(drivers_of r3080)/$(drivers_of r3080b)" \
	"none/vfio-pci/none none/none none"
expect_eq "override of the boot VGA" "$(overrides_of r3080)" "- -"
unload_module
unbind "$(bdf p40b)"

# A word that is not understood costs that word.
with_claim "0000:82.0.0,10de:22,${place%.0}"
expect_eq "by slot, beside mistyped words" "$got" "$one"
expect_log 'gpupt_reset: claim= goes without "0000:82.0.0", which is not understood; use .* all or force'
expect_log 'gpupt_reset: claim= goes without "10de:22", which is not understood'
for bad in 1 "," 01:00=10de "all:" "force=01:00"; do
	log_mark
	with_claim "$bad"
	expect_eq "claim=$bad" "$got" "$none"
	expect_log "gpupt_reset: claim= names no card, so none is claimed"
done

# SPDX-License-Identifier: GPL-2.0
# timeout: 150
# ci: 6.1 7.2
# A claimed card goes and comes: removed and found, power cycled by a reset. It stays claimed, whoever claimed
# it, and other drivers do not get hold of it on the way. Another card in its slot is not claimed.

load_driver standin
load_module claim=10de:1b38
wait_until 10 is_bound p40b vfio-pci || :
claim r3080
expect_errno 0
for card in p40a p40b r3080; do
	all=$(drivers_of $card)
	expect_eq "$card: driver" "${all% *}" vfio-pci
	log_mark
	replug $card
	drivers_settle $card "$all"
	expect_eq "$card: claimed" "$(claimed $card)" 1
	expect_no_log "standin took it"
	await_log "gpupt_reset $(bdf $card): claimed for vfio-pci"
	client "$(bdfs $card)" vm close
	expect_eq "$card: client's exit" "$rc" 0

	ctl $card hang config power
	reset_card $card
	expect_errno 0
	expect_eq "$card: last_rung" "$(attr $card last_rung)" slot-power
	expect_eq "$card: drivers after a power cycle" "$(drivers_of $card)" "$all"
	expect_eq "$card: claimed after a power cycle" "$(claimed $card)" 1
	expect_no_log "standin took it"
done

# What was given back stays the host's over a reset, until it is found again.
claim p40a 0
expect_errno 0
expect_eq "p40a: given back" "$(drivers_of p40a)" standin
unbind "$(bdf p40a)"
reset_card p40a slot-power
expect_errno 0
expect_eq "p40a: after a power cycle" "$(drivers_of p40a)/$(overrides_of p40a)" none/-
expect_eq "p40a: claimed" "$(claimed p40a)" 0
replug p40a
drivers_settle p40a vfio-pci

claim r3080 0
expect_errno 0
expect_eq "r3080: given back" "$(drivers_of r3080)" "standin none"
replug r3080
drivers_settle r3080 "standin none"
expect_eq "r3080: claimed" "$(claimed r3080)" 0

# Another card in the slot of a claimed one is the host's.
claim r3080
expect_errno 0
ctl r3080 id 2684
log_mark
replug r3080
drivers_settle r3080 "standin none"
expect_log "gpupt_reset $(bdf r3080): another card is in this slot now, so the claim on the former one ends"
expect_eq "r3080: claimed" "$(claimed r3080)" 0
expect_eq "r3080: overrides" "$(overrides_of r3080)" "- -"
ctl r3080 id 2206

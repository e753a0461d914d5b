# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+rtx4090+rtx5090
# timeout: 180
# ci: 6.12 7.2
# What a machine has left in the audio, USB and UCSI functions of its card does not reach the next one: an FLR is of the
# GPU alone, so it takes the bus reset that the kernel does after the last close. The MSI address of the audio function is
# such a thing too, which nobody restores.

. /machine.sh

# between_machines LABEL: a machine has the whole card, is killed, and leaves it as the next one gets it
between_machines() {
	audio=$(bdf "$card" 1)
	msi=0x6c
	[ "$card" != rtx5090 ] || msi=0x4c
	bind_card "$card"
	machine_on "$(bdfs "$card")"
	[ "$1" = stock ] || expect_eq "$1 $card: start" "$errno" 0
	ctl "$card" soil
	config "$audio" "$msi" 4=0x12345670
	expect_eq "$1 $card: MSI address" "$(config "$audio" "$msi" 4)" 12345670
	machine_off kill
	settle
	expect_eq "$1 $card: functions as the machine left them" "$(ctl "$card" soiled)" none
	expect_eq "$1 $card: MSI address" "$(config "$audio" "$msi" 4)" 00000000
	[ "$1" != stock ] || wait_until 3 prints alive ctl "$card" verdict || :
	expect_eq "$1 $card: its word" "$(ctl "$card" verdict)" alive
}

# by_hand LABEL: what has no reset cannot be reset, and nobody says that it was
by_hand() {
	expect_eq "$1 $card: methods of the audio function" "$(methods "$card" 1)" absent
	ctl "$card" soil
	stock_reset "$card" 1
	expect_ne "$1 $card: errno" "$errno" 0
	expect_eq "$1 $card: functions not reset" "$(ctl "$card" soiled)" "$(functions "$card" | tr '\n' ' ' | sed 's/ $//')"
	ctl "$card" healthy
}

for card in gtx1080 r3080 rtx2080 rtx5090; do
	between_machines stock
	by_hand stock
	power_cycle "$card"
done
load_module
for card in gtx1080 r3080 rtx2080 rtx5090; do
	log_mark
	between_machines module
	by_hand module
	expect_log "gpupt_reset $(bdf "$card"): reset by bus in [0-9]* ms, card verified alive"
	expect_eq "$card: failures" "$(attr "$card" failures)" 0
done

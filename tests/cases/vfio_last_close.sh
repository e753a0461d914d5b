# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+rtx4090+rtx5090
# timeout: 120
# ci: 6.12 7.2
# A Pascal card with an audio function: no FLR, and the bus belongs to both functions, so the stock kernel has no reset for
# one of them alone. Here it has, unless the client has both and can reset the bus. Then that is reset by the client and
# once, by the kernel, after the last close: verified where its bus resets are answered, and as on the stock kernel where
# they are not.

. /machine.sh

card=gtx1080
gpu=$(bdf gtx1080)
audio=$(bdf gtx1080 1)

# last_close LABEL [CARD FIRST MOST]: a machine whose GPU hangs lets go of function FIRST (0), then of the other; MOST (1)
# are the bus resets then
last_close() {
	local name=${2:-gtx1080} first=${3:-0} most=${4:-1} sbr
	bind_card "$name"
	log_mark
	machine_on "$(bdfs "$name")" "close@$first" wait quit
	expect_eq "$1: start" "$errno" 0
	ctl "$name" soil
	ctl "$name" hang bar sbr
	ctl "$name" clear
	machine_next
	expect_eq "$1: bus resets while the other is open" "$(ctl "$name" count sbr)" 0
	machine_off quit
	settle
	sbr=$(ctl "$name" count sbr)
	expect_at_least "$1: bus resets once that was closed" "$sbr" 1
	expect_at_most "$1: bus resets once that was closed" "$sbr" "$most"
	expect_eq "$1: functions not reset" "$(ctl "$name" soiled)" none
	expect_eq "$1: its word" "$(ctl "$name" verdict)" alive
}

# answer_to CALL: what the client was told
answer_to() {
	echo "$said" | sed -n "s/.* $1 .* errno=\([A-Z0-9]*\) .*/\1/p"
}

last_close stock
client "$gpu" open reset close
expect_eq "stock: VFIO_DEVICE_RESET" "$(answer_to reset)" EINVAL

# answered LABEL N: the module has answered so many bus resets of the last one
answered() {
	last_close "$1"
	expect_log_count "$2" "gpupt_reset $gpu: reset by bus in [0-9]* ms, card verified alive"
	expect_no_log "gpupt_reset $gpu: reset failed|owed"
}

# alone LABEL: a client that has the GPU and not the audio function
alone() {
	bind_card gtx1080
	unbind "$audio"
	resets=$(attr gtx1080 resets)
	client "$gpu" open reset enable bar0 close
	expect_eq "$1: exit, audio without a driver" "$rc" 0
	expect_eq "$1: resets by open, reset and close" "$(attr gtx1080 resets)" $((resets + 3))
	bind_card gtx1080
}

load_module
client "$gpu" open reset close
expect_eq "VFIO_DEVICE_RESET, audio vfio-pci's" "$(answer_to reset)" EINVAL
client "$gpu" open hotreset enable bar0 close
expect_eq "exit, hot reset" "$rc" 0
# By the start and by the last close.
answered module 2
alone module
# What that client has left is not its successor's: nobody could reset the bus at its close.
answered "after it" 3
# Its own reset takes the bus then, and the kernel's has nothing left to do if it follows within 250 ms, which a busy host
# does not always manage: card_kunit.c has it without a clock.
last_close "module, GPU last" r3080 1 2
unload_module

load_module sbr_hook=0
answered sbr_hook=0 1
alone sbr_hook=0
unload_module

insmod /ipmodify_user.ko function=pcibios_reset_secondary_bus
load_module
answered "hook taken" 1
unload_module
rmmod ipmodify_user

# The guest hangs the card for good measure, config space and all, and the machine is killed. (The stock kernel saves
# all-ones from it, and restores them to the live card.)
load_module
bind_card gtx1080
machine_on "$gpu,$audio"
expect_eq start "$errno" 0
ctl gtx1080 hang config sbr
machine_off kill
expect_eq "its word" "$(ctl gtx1080 verdict)" alive
client "$gpu,$audio" open id enable bar0@0 close
expect_eq "client's exit, next start" "$rc" 0

# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+rtx4090+rtx5090
# timeout: 120
# ci: 6.12 7.2
# A Pascal card with an audio function: no FLR, and the bus belongs to both functions, so the stock kernel has no reset for
# one of them alone. Here it has, as long as the other is idle. When that is open the bus is reset once, by the kernel
# after the last close: verified where its bus resets are answered, and as on the stock kernel where they are not.

. /machine.sh

card=gtx1080
gpu=$(bdf gtx1080)
audio=$(bdf gtx1080 1)

# last_close LABEL [FUNCTIONS]: a machine whose GPU hangs lets go of one function after the other
last_close() {
	bind_card gtx1080
	log_mark
	machine_on "${2:-$gpu,$audio}" close@0 wait quit
	expect_eq "$1: start" "$errno" 0
	ctl gtx1080 soil
	ctl gtx1080 hang bar sbr
	ctl gtx1080 clear
	machine_next
	expect_eq "$1: bus resets while the other is open" "$(ctl gtx1080 count sbr)" 0
	machine_off quit
	settle
	expect_eq "$1: bus resets once that was closed" "$(ctl gtx1080 count sbr)" 1
	expect_eq "$1: functions not reset" "$(ctl gtx1080 soiled)" none
	expect_eq "$1: its word" "$(ctl gtx1080 verdict)" alive
}

last_close stock
client "$gpu" open reset close
expect_eq "stock: VFIO_DEVICE_RESET" "$(echo "$said" | sed -n 's/.* reset .* errno=\([A-Z]*\) .*/\1/p')" EINVAL

# answered LABEL N: the module has answered so many bus resets of the last one
answered() {
	last_close "$1"
	expect_log_count "$2" "gpupt_reset $gpu: reset by bus in [0-9]* ms, card verified alive"
	expect_no_log "gpupt_reset $gpu: reset failed|owed"
}

load_module
client "$gpu" open reset enable bar0 close
expect_eq "client's exit, audio idle" "$rc" 0
expect_eq "resets by open, reset and close" "$(attr gtx1080 resets)" 3
# By the open of the GPU, while audio is idle, by the start, and by the last close.
answered module 3
# The GPU last: its own reset takes the bus then, and the kernel's has nothing left to do.
last_close "module, GPU last" "$audio,$gpu"
unload_module

load_module sbr_hook=0
client "$gpu" open reset enable bar0 close
expect_eq "sbr_hook=0: client's exit, audio idle" "$rc" 0
expect_eq "sbr_hook=0: resets by open, reset and close" "$(attr gtx1080 resets)" 3
answered sbr_hook=0 1
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

# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+rtx2080
# timeout: 240
# A card is pulled out of its slot while it is being reset, when the hot-plug driver hears nothing of the slot. It is
# noticed when the reset is over, as at any other time; a card put in then is found. A card that merely has no link
# stays.

saw_reset() {
	[ "$(ctl "$1" count sbr)" -gt 0 ]
}

# slowly CARD: its next bus reset, which is the one to be struck
slowly() {
	ctl "$1" clear
	ctl "$1" sbr-ready-ms 2000
}

# strike CARD COMMAND...: in the middle of that
strike() {
	local card=$1
	shift
	wait_until 10 saw_reset "$card" || fail "$card saw no reset"
	ctl "$card" "$@"
	ctl "$card" sbr-ready-ms 20
}

# reset_struck CARD COMMAND...: resets the bus of a card, and what happens then; /tmp/out has what became of it
reset_struck() {
	local pid
	log_mark
	slowly "$1"
	vfioc --write "$(device "$1")/gpupt_reset" bus >/tmp/out &
	pid=$!
	strike "$@"
	wait $pid || :
	expect_eq "what the reset of $1 said" "$(sed 's/ .*//' /tmp/out)" errno=EIO
}

# gone CARD: every function of it
gone() {
	local fn
	for fn in $(functions "$1"); do
		[ ! -e "$(device "$1" "$fn")" ] || return 1
	done
}

# is_back CARD: the button of its slot is pressed if need be, also while the slot is being switched off
is_back() {
	[ -e "$(device "$1")" ] || echo 1 >"/sys/bus/pci/slots/$(slot "$1")/power"
	[ -e "$(device "$1")" ]
}

# back CARD: put in again
back() {
	ctl "$1" slot in
	wait_until 20 is_back "$1" || fail "$1 is not found again"
}

# expect_gone_and_back CARD
expect_gone_and_back() {
	local fn
	wait_until 20 gone "$1" || fail "$1 is still on the bus"
	checked
	log_since | grep -E "pulled out|pciehp" || :
	back "$1"
	for fn in $(functions "$1"); do
		wait_until 20 test -e "$(device "$1" "$fn")" || fail "$1.$fn is not found again"
	done
	wait_until 5 test -e "$(device "$1")/gpupt" || fail "$1 is not managed"
	reset_card "$1"
	expect_errno 0
	expect_alive "$1"
}

load_module
# At any other time.
ctl p40a slot out
expect_gone_and_back p40a
for card in p40a r3080 rtx2080; do
	reset_struck $card slot out
	await_log "pulled out during a reset"
	expect_gone_and_back $card
	expect_log_count 1 "pulled out during a reset"
done

# In a virtual machine, which is told to let go.
bind_card p40a
log_mark
vfioc "$(bdf p40a)" open sleep=3 reset sleep=3 close >/tmp/machine &
machine=$!
wait_until 10 grep -q "open rc=0" /tmp/machine || fail "the machine does not start"
slowly p40a
strike p40a slot out
await_log "pulled out during a reset"
wait $machine || :
cat /tmp/machine
expect_gone_and_back p40a

# Unloaded right after: refused, or all is done.
reset_struck p40a slot out
wait_until 20 unload_module || fail "the module cannot be unloaded"
wait_until 20 gone p40a || fail "the card is still on the bus"
back p40a

# A card without a link, in its slot, is for its user to bring back.
load_module
reset_struck r3080 link-dead power
sleep 3
expect test -e "$(device r3080 1)"
reset_card r3080
expect_errno 0
expect_alive r3080

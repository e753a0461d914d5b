# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+rtx4090+rtx5090
# timeout: 150
# ci: 6.12 7.2
# The GPU of a machine hangs, and the machine is reset. QEMU resets the bus then, since the other functions have no reset of
# their own: for the GTX 1080 and the RTX 5090, whose FLR is not trusted, that is the only reset there is. With the module
# it is the same one, and verified.

. /machine.sh

# guest_reset LABEL FAULT (the stock kernel waits for no firmware, and no firewall)
guest_reset() {
	bind_card "$card"
	gpu=$(bdf "$card")
	machine_on "$(bdfs "$card")" system_reset wait enable bar0@0 quit
	[ "$1" = stock ] || expect_eq "$1 $card: start" "$errno" 0
	ctl "$card" soil
	# shellcheck disable=SC2086	# words
	ctl "$card" $2
	machine_next
	expect_eq "$1 $card, $2: system_reset" "$errno" 0
	for fn in $(functions "$card"); do
		case $(decided "$(bdf "$card" "$fn")" system_reset) in
		multi | multi,device) checked ;;
		*) fail "$1 $card: function $fn got no bus reset" ;;
		esac
	done
	expect_eq "$1 $card: functions not reset" "$(ctl "$card" soiled)" none
	if [ "$1" = stock ]; then
		wait_until 3 prints alive ctl "$card" verdict || :
		# Most often alive; 7.2 on a busy host has left "dead bars".
		echo "stock $card, its word: $(ctl "$card" verdict)"
		machine_off quit
		return
	fi
	expect_eq "$1 $card: its word" "$(ctl "$card" verdict)" alive
	machine_off quit
	expect_eq "$1 $card: bar0 after it, and the end" "$errno" 0
}

for card in gtx1080 r3080 rtx5090; do
	guest_reset stock "hang bar sbr"
	settle
	power_cycle "$card"
done
load_module
for card in gtx1080 r3080 rtx2080 rtx5090; do
	for fault in "hang bar sbr" "hang config sbr"; do
		log_mark
		guest_reset module "$fault"
		expect_log "gpupt_reset $gpu: reset by bus in [0-9]* ms, card verified alive"
		expect_no_log "gpupt_reset $gpu: reset failed"
		expect_eq "$card: state" "$(attr "$card" state)" ok
	done
done

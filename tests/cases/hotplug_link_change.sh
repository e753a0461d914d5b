# SPDX-License-Identifier: GPL-2.0
# The link goes down during our bus reset, and the hot-plug driver does not take that for a card
# pulled out: the devices stay the same, and so does the slot.

load_module
identity() {
	for fn in $(functions "$1"); do
		stat -c %i "$(device "$1" "$fn")/"
	done
	cat "/sys/bus/pci/slots/$(slot "$1")/power"
}
for card in p40a r3080 p40b; do
	before=$(identity $card)
	control=$(config "$(port $card)" 0x3e 2)
	log_mark
	for round in 1 2 3; do
		reset_card $card bus
		expect_errno 0
	done
	expect_at_least "bus resets the card saw" "$(ctl $card count sbr)" 3
	# pciehp works in a thread of its own.
	sleep 1
	expect_eq "devices of $card" "$(identity $card)" "$before"
	expect_eq "bridge control of its port" "$(config "$(port $card)" 0x3e 2)" "$control"
	expect_no_log "Link Down|Card not present|Link Up|Card present"
	expect_alive $card
done

# It still heeds a real removal afterwards.
echo 0 >"/sys/bus/pci/slots/$(slot p40a)/power"
wait_until 10 test ! -e "$(device p40a)" || fail "the slot was powered off and the card is still there"

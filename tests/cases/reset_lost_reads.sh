# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# timeout: 150
# ci: 6.1 7.3
# Config space of a hung card answers, and reads of its BAR 0 are completed by nobody. That is a Completion
# Timeout of the root port, from which the kernel recovers by stopping every device below it (device_cto): the
# other GPU of a K80 hears of it. The stock kernel's resets never read BAR 0; the module's do, with the errors
# masked in every port up to the root, and few times.

# hear CARD: errors that were logged since the last log_mark
quiet() {
	usleep 500000
	expect_no_log "AER|PCIe Bus Error"
	expect_eq "$1: timeouts that were logged" "$(ctl "$1" count cto)" 0
	expect_at_least "$1: reads that were lost" "$(ctl "$1" count bar0-lost)" 1
	expect_at_most "$1: reads that were lost" "$(ctl "$1" count bar0-lost)" 24
}

load_module
for card in k80a r3080; do
	reset_card $card
	expect_errno 0
	ctl $card hang bar never
	ctl $card cto on
	ctl $card clear
	log_mark
	reset_card $card
	expect_errno EIO
	quiet $card
	bind_card $card
	log_mark
	ctl $card clear
	client "$(bdf $card)" open
	expect_eq "$card: errno of the open" "$(echo "$said" | sed -n '1s/.* errno=\([A-Z]*\) .*/\1/p')" EAGAIN
	quiet $card
done
expect_eq "the other GPU of the board" "$(ctl k80b verdict)" alive

# Two of them at once below one root port: the mask is what it was when both are done.
power_cycle k80a
root=0000:00:$(printf %02x "$(slot k80a | cut -d / -f 1)").0
before=$(config "$root" 0x108 4)
for card in k80a k80b; do
	ctl $card hang bar never
	ctl $card cto on
	ctl $card clear
	vfioc --write "$(device $card)/gpupt_reset" 1 >/tmp/reset.$card &
done
wait
expect_eq "resets that failed" "$(cat /tmp/reset.k80a /tmp/reset.k80b | grep -c errno=EIO)" 2
expect_eq "mask of $root" "$(config "$root" 0x108 4)" "$before"
quiet k80a
quiet k80b

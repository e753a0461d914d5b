# SPDX-License-Identifier: GPL-2.0
# cards: b200+h100
# timeout: 120
# checkers: no
# ci: 7.3
# Cards with ATS, which the IOMMU driver turns on. Kernels from 7.0 on take such a card off its IOMMU domain
# while it is reset, which the module must not do once more when the kernel's own bus reset comes to it. Through
# every door a reset works, and ATS is on afterwards.

# ats CARD: its capability and control register
ats() {
	case $1 in
	b200) config b200 0x3ac 4 ;;
	h100) config h100 0x2e4 4 ;;
	esac
}

# expect_well CARD: of a card that no driver has
expect_well() {
	# The stock kernel does not wait for firmware, nor for the BAR firewall.
	expect wait_until 10 prints alive ctl "$1" verdict
	expect_alive "$1"
	expect_eq "$1: ATS" "$(ats "$1")" 80000020
}

# by_kernel CARD: the kernel's own method
by_kernel() {
	echo bus >"$(device "$1")/reset_method"
	stock_reset "$1"
	expect_errno 0
	[ -d /sys/module/gpupt_reset ] || settle
	expect_well "$1"
	echo default >"$(device "$1")/reset_method"
}

# by_vfio CARD: a virtual machine starts, resets its card either way, and ends
by_vfio() {
	local pid
	bind_card "$1"
	rm -f /tmp/client
	vfioc "$(bdfs "$1")" open reset hotreset sleep=1 close >/tmp/client &
	pid=$!
	expect wait_until 30 grep -q hotreset /tmp/client
	expect_eq "$1: ATS while it is open" "$(ats "$1")" 80000020
	rc=0
	wait $pid || rc=$?
	cat /tmp/client
	expect_eq "$1: client's exit" "$rc" 0
	unbind "$(bdf "$1")"
	[ -d /sys/module/gpupt_reset ] || settle
	expect_well "$1"
}

for card in b200 h100; do
	expect_well $card
	by_kernel $card
	by_vfio $card
done

load_module
for card in b200 h100; do
	resets=$(attr $card resets)
	by_kernel $card
	expect_eq "$card: resets" "$(attr $card resets)" $((resets + 1))
	expect_eq "$card: last_rung" "$(attr $card last_rung)" bus
	for word in 1 bus; do
		reset_card $card $word
		expect_errno 0
		expect_well $card
	done
	echo device_specific >"$(device $card)/reset_method"
	for fault in "hang bar flr" "hang config sbr"; do
		# shellcheck disable=SC2086	# words
		ctl $card $fault
		stock_reset $card
		expect_errno 0
		expect_well $card
	done
	by_vfio $card

	claim $card
	expect_errno 0
	expect_eq "$card: driver" "$(drivers_of $card)" vfio-pci
	client "$(bdfs $card)" vm close
	expect_eq "$card: client's exit" "$rc" 0
	claim $card 0
	expect_errno 0
	expect_eq "$card: driver" "$(drivers_of $card)" none
	expect_well $card
done

unload_module
by_kernel b200

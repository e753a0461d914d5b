# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+r3080b
# root: clients
# timeout: 600
# run: full
# checkers: no
# driverctl gives one of two identical cards to vfio-pci and takes it back, 0.115 of Debian 13 (by new_id as well) and
# 0.111 of Debian 12. With the module, and with a claim, that comes to the same as with the stock kernel.

. /client.sh

# driverctl COMMAND...: sets $rc
driverctl() {
	rc=0
	in_suite driverctl "$@" || rc=$?
}

# forget: the IDs that driverctl has left with vfio-pci, and the drivers of both cards
forget() {
	local card fn
	for card in r3080 r3080b; do
		for fn in $(functions $card); do
			echo "10de $(cut -c 3- "$(device $card "$fn")/device")" >/sys/bus/pci/drivers/vfio-pci/remove_id || :
			echo >"$(device $card "$fn")/driver_override"
			unbind "$(bdf $card "$fn")"
		done
	done 2>/dev/null
}

# told WHAT: where both cards are, and what driverctl said
told() {
	echo "$1: exit code $rc; $(drivers_of r3080), overrides $(overrides_of r3080); its twin $(drivers_of r3080b)"
}

# given_and_taken: both functions, in four lines
given_and_taken() {
	local fn
	for fn in 0 1; do
		driverctl set-override "$(bdf r3080 $fn)" vfio-pci
		told "set $fn"
	done
	for fn in 0 1; do
		driverctl unset-override "$(bdf r3080 $fn)"
		told "unset $fn"
	done
}

for suite in /clients /clients/bookworm; do
	given_and_taken >/tmp/stock
	forget
	cat /tmp/stock
	expect grep -q '^set 1: exit code 0; vfio-pci vfio-pci, overrides vfio-pci vfio-pci;' /tmp/stock
	load_module
	given_and_taken >/tmp/ours
	forget
	expect_eq "with the module" "$(cat /tmp/ours)" "$(cat /tmp/stock)"

	claim r3080
	expect_errno 0
	given_and_taken >/tmp/ours
	cat /tmp/ours
	for step in "set 1" "unset 1"; do
		expect_eq "with a claim" "$(grep "^$step" /tmp/ours)" "$(grep "^$step" /tmp/stock)"
	done
	unload_module
	forget
done

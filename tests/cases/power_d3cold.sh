# SPDX-License-Identifier: GPL-2.0
# cmdline: pcie_port_pm=force
# timeout: 180
# vfio-pci lets a card sleep that nobody has open; then the port above it follows, and may take the
# card's power for good. With the module no card sleeps so deep, unless d3cold= says that it may,
# and afterwards everything is as before.

# port_is CARD STATE: the power state of the port above it
port_is() {
	test "$(cat "/sys/bus/pci/devices/$(port "$1")/power_state")" = "$2"
}

# expect_asleep CARD / expect_awake CARD: the port, once the card has been idle for a while
expect_asleep() {
	expect wait_until 10 port_is "$1" D3hot
	echo "the port of $1 sleeps"
}

expect_awake() {
	sleep 1
	expect port_is "$1" D0
	echo "the port of $1 is awake"
}

bind_card p40a
bind_card r3080
bind_card r3080b
expect_asleep r3080
expect_asleep r3080b

# Stock: the card of an idle virtual machine is lost.
ctl p40a d3cold lose
client "$(bdf p40a)" open close
expect_asleep p40a
client "$(bdf p40a)" open id
expect_ne "stock: client's exit" "$rc" 0
power_cycle p40a
bind_card p40a
expect_asleep p40a
echo 0 >"$(device r3080b)/d3cold_allowed"
expect_awake r3080b

load_module
for card in p40a r3080 r3080b; do
	wait_until 5 port_is $card D0 || :
	expect_awake $card
	expect_eq "$card sleeps" "$(cat "$(device $card)/power_state")" D3hot
done
expect_eq d3cold_allowed "$(cat "$(device r3080)/d3cold_allowed" "$(device r3080 1)/d3cold_allowed")" "1
1"
for card in p40a r3080; do
	ctl $card d3cold lose
	client "$(bdfs $card)" open id close
	expect_eq "$card: client's exit" "$rc" 0
	expect_awake $card
	client "$(bdfs $card)" open id enable bar0 close
	expect_eq "$card: client's exit later" "$rc" 0
	ctl $card d3cold keep
done
# A card that comes while the module is there.
replug p40a
bind_card p40a
expect_awake p40a
unload_module
expect_asleep p40a
expect_asleep r3080
expect_awake r3080b
expect_eq "the user's d3cold_allowed" "$(cat "$(device r3080b)/d3cold_allowed")" 0
echo 1 >"$(device r3080b)/d3cold_allowed"
expect_asleep r3080b

# A card on the list is left as it is, and so are the functions beside its GPU.
load_module d3cold=allow
expect_asleep p40a
expect_asleep r3080
unload_module
load_module d3cold=10de:2206
expect_asleep r3080
expect_awake p40a
unload_module
load_module "d3cold=$(bdf r3080b | sed 's/\.0$//'),$(bdf p40a)"
expect_asleep p40a
expect_asleep r3080b
expect_awake r3080
unload_module
for card in p40a r3080 r3080b; do
	expect_asleep $card
done

for bad in d3cold=on d3cold=10de: d3cold=allow,block; do
	log_mark
	load_module "$bad"
	expect_log "gpupt_reset: d3cold= goes without \".*\", which is not understood; use .*block or allow"
	expect_awake p40a
	unload_module
done

# A card that was lost before the module came: switching its slot off and on brings it back.
client "$(bdf p40a)" open close
ctl p40a d3cold lose
client "$(bdf p40a)" open close
expect_asleep p40a
load_module d3cold=block
reset_card p40a
expect_errno 0
expect_eq last_rung "$(attr p40a last_rung)" slot-power
expect_awake p40a
client "$(bdf p40a)" open id enable bar0 close
expect_eq "client's exit" "$rc" 0
expect_awake p40a

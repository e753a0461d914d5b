# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# timeout: 90
# ci: 6.1 7.3
# Somebody resets the bus by the port's registers, and knows of function 0 alone or of none: NVIDIA's
# gpu-admin-tools, libvirt's nodedev-reset, setpci. The functions answer and have no addresses, which an FLR of the
# GPU does not give back. That is no card that is alive.

# pulse CARD: a bus reset behind the kernel's back
pulse() {
	local port ctl
	port=$(port "$1")
	ctl=$(config "$port" 0x3e 2)
	config "$port" 0x3e "2=0x$(printf %04x $((0x$ctl | 0x40)))"
	config "$port" 0x3e "2=0x$ctl"
	sleep 1
}

load_module
claim r3080
expect_errno 0
# One that sleeps is given its addresses back by the kernel when it wakes up.
for fn in 0 1; do
	echo on >"$(device r3080 $fn)/power/control"
done
for card in r3080 p40a; do
	reset_card $card
	expect_errno 0
	pulse $card
	expect_eq "$card: state" "$(attr $card state)" hung
	reset_card $card
	expect_errno 0
	expect_eq "$card: last_rung" "$(attr $card last_rung)" bus
	expect_eq "$card: state" "$(attr $card state)" ok
	expect_real_bars $card
	expect_eq "$card: its word" "$(ctl $card verdict)" alive
done

# Function 0 was given back, as gpu-admin-tools do, and the audio function was not.
config r3080 0x04 2=0
audio=$(bdf r3080 1)
bar=$(config "$audio" 0x10 4)
config "$audio" 0x10 4=0
expect_eq "audio has no address: state of the GPU" "$(attr r3080 state)" ok
reset_card r3080 flr
expect_errno EIO
reset_card r3080
expect_errno 0
expect_eq "audio has no address: last_rung" "$(attr r3080 last_rung)" bus
expect_eq "BAR 0 of audio" "$(config "$audio" 0x10 4)" "$bar"
expect_eq "claimed" "$(claimed r3080)" 1

# And a machine that is started without any of that.
pulse r3080
client "$(bdfs r3080)" open id enable bar0 close
expect_eq "client's exit" "$rc" 0

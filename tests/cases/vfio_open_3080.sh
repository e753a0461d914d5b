# SPDX-License-Identifier: GPL-2.0
# A virtual machine starts with a hung RTX 3080 and its audio function: it gets a live card, and so
# does the next one. The stock kernel was seen to hand out the dead card, and then a card with garbage in its
# BARs. (Kernels before 7.x do the same after a wait of 70 s: stock_3080.)

bind_card r3080
if kernel_at_least 7 0; then
	ctl r3080 hang config sbr
	client "$(bdfs r3080)" open id close
	expect_eq "stock: the first start opened it" "$(echo "$said" | grep -c 'open rc=0')" 2
	expect_eq "stock: dead" "$(echo "$said" | grep -c 'id .*errno=DEAD')" 2
	settle
	client "$(bdfs r3080)" open id enable bar0 close
	expect_eq "stock: the second start got a working BAR0" "$(echo "$said" | grep -c '0 bar0 rc=0')" 0
	settle
	power_cycle r3080
	bind_card r3080
fi

unbind "$(bdf r3080)"
unbind "$(bdf r3080 1)"
load_module
bind_card r3080
ctl r3080 hang config sbr
vm="open id enable bar0 reset@0 hotreset@0 enable bar0"
# shellcheck disable=SC2086
client "$(bdfs r3080)" $vm close
expect_eq "first start: client's exit" "$rc" 0
# shellcheck disable=SC2086
client "$(bdfs r3080)" $vm close
expect_eq "second start: client's exit" "$rc" 0

# The same with the audio function opened first.
ctl r3080 hang config sbr
client "$(bdf r3080 1),$(bdf r3080)" open@1 open@0 id enable bar0 hotreset@0 enable bar0 close
expect_eq "audio first: client's exit" "$rc" 0
unbind "$(bdf r3080)"
unbind "$(bdf r3080 1)"
expect_alive r3080

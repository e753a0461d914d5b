# SPDX-License-Identifier: GPL-2.0
# cards: r3080
# timeout: 420
# kernels: 6.1 6.12
# What stock kernels up to 6.12 do with a hung 3080: two waits of a minute, a dead card handed out,
# and garbage BARs at the next start. With the module loaded, the same sequence takes seconds.

! kernel_at_least 6 13 || skip "this stock kernel gives a card up after a second (seen on 6.14 and 6.17)"
bind_card r3080
ctl r3080 hang config sbr
client "$(bdfs r3080)" open id close
expect_eq "stock: the first start opened it" "$(echo "$said" | grep -c '0 open rc=0')" 1
expect_at_least "stock: milliseconds until then" "$(echo "$said" | sed -n 's/.*0 open .* ms=\([0-9]*\).*/\1/p')" 60000
expect_at_least "stock: functions that are dead" "$(echo "$said" | grep -c 'id .*errno=DEAD')" 1
client "$(bdfs r3080)" open id enable bar0 close
expect_ne "stock: BAR0 at the second start" "$(echo "$said" | grep -c '0 bar0 rc=0')" 1
power_cycle r3080

load_module
bind_card r3080
ctl r3080 hang config sbr
start=$(now)
for round in 1 2; do
	client "$(bdfs r3080)" open id enable bar0 close
	expect_eq "client's exit" "$rc" 0
done
expect_within "both starts and stops" $(($(now) - start)) 6000

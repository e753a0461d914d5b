# SPDX-License-Identifier: GPL-2.0
# Two cards at once: both come back, and neither waits for the other.

load_module
for card in p40a r3080; do
	ctl $card hang config sbr
	ctl $card sbr-ready-ms 1500
done
start=$(now)
vfioc --write "$(device p40a)/gpupt_reset" 1 >/tmp/p40a &
first=$!
vfioc --write "$(device r3080)/gpupt_reset" 1 >/tmp/r3080 &
second=$!
wait $first || :
wait $second || :
both=$(($(now) - start))
cat /tmp/p40a /tmp/r3080
expect grep -q 'errno=0 ' /tmp/p40a
expect grep -q 'errno=0 ' /tmp/r3080
expect_within "both took" $both 2800
expect_alive p40a
expect_alive r3080

# The same card twice: one is refused, the card is none the worse.
ctl p40a clear
vfioc --write "$(device p40a)/gpupt_reset" 1 >/tmp/p40a &
first=$!
expect wait_until 10 reads resetting "$(device p40a)/gpupt/state"
reset_card p40a
expect_errno EBUSY
wait $first || :
expect grep -q 'errno=0 ' /tmp/p40a
expect_eq "bus resets the card saw" "$(ctl p40a count sbr)" 1
expect_alive p40a

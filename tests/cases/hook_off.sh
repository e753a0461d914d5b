# SPDX-License-Identifier: GPL-2.0
# hook=off: the kernel's methods stay as they are, the file works by hand.

before="$(methods p40a), $(methods r3080), $(methods r3080 1)"
load_module hook=off
expect_eq hook "$(cat /sys/kernel/gpupt/hook)" off
expect_eq methods "$(methods p40a), $(methods r3080), $(methods r3080 1)" "$before"
for card in p40a r3080; do
	ctl $card hang config sbr
	reset_card $card
	expect_errno 0
	expect_alive $card
	expect_eq resets "$(attr $card resets)" 1
done
unload_module
expect_eq methods "$(methods p40a), $(methods r3080), $(methods r3080 1)" "$before"

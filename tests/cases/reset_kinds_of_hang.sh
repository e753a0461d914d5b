# SPDX-License-Identifier: GPL-2.0
# Config space fine but registers all-ones or an error pattern; a 3080 that an FLR, or only a bus
# reset, revives. "reset_method" itself is offered by the module, so the kernel's file works too.

load_module
for kind in bar badf config; do
	ctl p40a hang $kind sbr
	reset_card p40a
	expect_errno 0
	expect_within "P40, $kind" "$ms" 3000
	expect_alive p40a
done
for kind in bar badf; do
	for level in flr sbr; do
		ctl r3080 hang $kind $level
		reset_card r3080
		expect_errno 0
		expect_within "RTX 3080, $kind, $level" "$ms" 6000
		expect_alive r3080
	done
done
ctl r3080 hang config sbr
stock_reset r3080
expect_errno 0
expect_within "RTX 3080, config, through the kernel's file" "$ms" 3000
expect_alive r3080
expect_eq last_rung "$(attr r3080 last_rung)" bus
ctl r3080 hang config sbr
reset_card r3080
expect_errno 0
expect_within "RTX 3080, config" "$ms" 3000
expect_alive r3080

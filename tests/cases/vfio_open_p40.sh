# SPDX-License-Identifier: GPL-2.0
# A virtual machine starts with a hung P40: it gets a live card with its real BARs, twice in a row.
# (The stock kernel: see reset_p40_manual, whose reset is the one that opening does.)

load_module
bind_card p40a
for start in 1 2; do
	ctl p40a hang config sbr
	client "$(bdfs p40a)" vm close
	expect_eq "start $start: client's exit" "$rc" 0
	expect_within "start $start: open" "$(said_ms open)" 3000
	unbind "$(bdf p40a)"
	expect_alive p40a
	bind_card p40a
done
client "$(bdfs p40a)" vm close
expect_eq "start of a healthy card: client's exit" "$rc" 0

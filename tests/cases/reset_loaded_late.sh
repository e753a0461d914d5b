# SPDX-License-Identifier: GPL-2.0
# The module is loaded when the cards hang already, so it never saw them alive.

ctl p40a hang config sbr
ctl r3080 hang config sbr
load_module
expect_eq "state of the P40" "$(attr p40a state)" hung
for card in p40a r3080; do
	reset_card $card
	expect_errno 0
	expect_within "$card" "$ms" 3000
	expect_alive $card
done

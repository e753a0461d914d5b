# SPDX-License-Identifier: GPL-2.0
# deny= leaves a card alone, by place or by ID: all its functions, and only its own.

before=$(methods r3080)
load_module "deny=$(bdf r3080 | sed 's/\.0$//'),10de:1b38"
for card in r3080 p40a p40b; do
	expect_not test -e "$(device $card)/gpupt_reset"
done
expect_eq "denied" "$(methods r3080)" "$before"
expect_eq "its audio function" "$(methods r3080 1)" absent
expect_eq "another 3080" "$(methods r3080b)" "device_specific $before"
stock_reset r3080
expect_errno 0

# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# timeout: 90
# ci: 6.1 7.3
# A Blackwell card keeps a firewall over its registers after a reset, for about a second. The stock
# kernel is done when config space answers; here the firewall is waited for, and one that stays up
# is no success.

ctl rtx5090 firewall-ms 1500
echo bus >"$(device rtx5090)/reset_method" || echo flr >"$(device rtx5090)/reset_method"
stock_reset rtx5090
expect_errno 0
expect_eq "stock: the card's word" "$(ctl rtx5090 verdict)" "dead firewall"
power_cycle rtx5090

load_module
ctl rtx5090 firewall-ms 1500
reset_card rtx5090
expect_errno 0
expect_at_least milliseconds "$ms" 1500
expect_eq "the card's word" "$(ctl rtx5090 verdict)" alive
ctl rtx5090 firewall power
reset_card rtx5090
expect_errno EIO
expect_eq "the card's word" "$(ctl rtx5090 verdict)" "dead firewall"
expect_ne state "$(attr rtx5090 state)" ok

# SPDX-License-Identifier: GPL-2.0
# cards: rtx5090
# timeout: 90
# ci: 6.12
# A loop in the extended capabilities of a card, between two of the kind that tells of the firewall: the
# kernel's own search for one goes round there for ever.

load_module
ctl rtx5090 config 0 100 30010023
ctl rtx5090 config 0 104 00008086
ctl rtx5090 config 0 300 10010023
ctl rtx5090 config 0 304 00008086
reset_card rtx5090 bus
expect_errno 0
expect_eq verdict "$(ctl rtx5090 verdict)" alive

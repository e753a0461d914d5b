# SPDX-License-Identifier: GPL-2.0
# All-ones behind a port with RRS visibility are "dead", not "ready": stable kernels have differed
# in this (6.12.95 took them for ready). Nothing may be restored into such a card.

ctl r3080 not-ready ones
ctl r3080 flr-ready-ms 900
stock_reset r3080
echo "stock kernel: errno $errno after $ms ms, then $(ctl r3080 state), BARs $(config_bars "$(bdf r3080)")"
power_cycle r3080

load_module
ctl r3080 not-ready ones
ctl r3080 flr-ready-ms 900
reset_card r3080
expect_errno 0
expect_at_least milliseconds "$ms" 900
expect_eq last_rung "$(attr r3080 last_rung)" flr
expect_alive r3080

ctl p40a not-ready ones
ctl p40a sbr-ready-ms 900
ctl p40a hang config sbr
reset_card p40a
expect_errno 0
expect_at_least milliseconds "$ms" 900
expect_alive p40a

# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+r3080b
# root: clients
# timeout: 600
# run: full
# checkers: no
# Debian 12's QEMU, 7.2, with cards of four kinds in one machine: with the module they fare at least as well as with
# the stock kernel, and one that is dead when its machine starts is refused.

. /client.sh

suite=/clients/bookworm
set -- p40a gtx1080 r3080 rtx2080
lives "$@"

ctl r3080 hang config never
log_mark
machine_begin dead r3080
machine_over dead
expect_eq "exit code with a dead card" "$rc" 1
expect_within "milliseconds in resets" "$(log_span "gpupt_reset $(bdf r3080)")" 10000

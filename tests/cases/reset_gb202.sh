# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+rtx4090+rtx5090
# timeout: 300
# ci: 6.12 7.2
# FLR of a GB202 (RTX 5090, RTX PRO 6000) may never end (reported for VMs that were stopped after days;
# tinygrad #18199 saw vendor 0001 for an hour). The stock kernel uses it, waits a minute and has lost the
# card. Here it gets a bus reset, and no FLR unless gb202_flr=1 asks for it.

ctl rtx5090 flr never
stock_reset rtx5090
expect_errno ENOTTY
expect_at_least "stock: milliseconds" "$ms" 60000
expect_ne "stock: the card's word" "$(ctl rtx5090 verdict)" alive
power_cycle rtx5090

load_module
ctl rtx5090 flr never
ctl rtx5090 clear
expect_eq rungs "$(cat "$(device rtx5090)/gpupt_reset")" "bus bus-long slot-power rescan"
reset_card rtx5090
expect_errno 0
expect_within milliseconds "$ms" 5000
stock_reset rtx5090
expect_errno 0
expect_eq "FLRs" "$(ctl rtx5090 count flr)" 0
expect_eq "the card's word" "$(ctl rtx5090 verdict)" alive
reset_card rtx5090 flr
expect_errno EOPNOTSUPP

# With its audio function open the bus is not ours to reset, and the kernel must not do its FLR either.
bind_card rtx5090
vfioc "$(bdf rtx5090 1)" open hang >/tmp/client &
wait_until 10 grep -q hang /tmp/client
stock_reset rtx5090
expect_errno EBUSY
expect_eq "FLRs" "$(ctl rtx5090 count flr)" 0
kill %1
wait || :
unload_module

load_module gb202_flr=1
ctl rtx5090 healthy
expect_eq rungs "$(cat "$(device rtx5090)/gpupt_reset")" "bus bus-long flr slot-power rescan"
reset_card rtx5090 flr
expect_errno 0
expect_eq "FLRs" "$(ctl rtx5090 count flr)" 1

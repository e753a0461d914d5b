# SPDX-License-Identifier: GPL-2.0
# cmdline: pci=noaer
# timeout: 120
# ci: 6.12
# BAR 0 is not read where a read that nobody completes would reach firmware, which may stop the host for it: the
# kernel has not been given error reporting (pci=noaer stands for such firmware), and the port reports. Nor when
# the user says so: verify=config, for all cards or for some. A reset is then verified by config space.

# The port's Device Control: reports of non-fatal errors are bit 1
port=$(port r3080)
expect_eq "PCI Express capability of $port" "$(config "$port" 0x54 1)" 10
devctl=$(config "$port" 0x5c 2)

# Reads that are lost tell whether BAR 0 was read.
lost() {
	ctl "$1" healthy
	ctl "$1" hang bar never
	ctl "$1" clear
	reset_card "$1"
	ctl "$1" count bar0-lost >/tmp/lost
	ctl "$1" healthy
}

load_module
config "$port" 0x5c 2=0
lost r3080
expect_errno EIO
expect_at_least "nobody hears of it: reads" "$(cat /tmp/lost)" 1

config "$port" 0x5c 2=0x000f
power_cycle r3080
log_mark
lost r3080
expect_errno 0
expect_eq "firmware hears of it: reads" "$(cat /tmp/lost)" 0
expect_log "gpupt_reset $(bdf r3080): firmware hears of PCIe errors"
expect_log "gpupt_reset $(bdf r3080): reset by flr in .* card verified by config space"
expect_eq state "$(attr r3080 state)" ok
ctl r3080 hang config sbr
reset_card r3080
expect_errno 0
expect_eq last_rung "$(attr r3080 last_rung)" bus
expect_log_count 1 "firmware hears of PCIe errors"
config "$port" 0x5c "2=0x$devctl"
unload_module

b=$(bdf r3080)
load_module "verify=config:${b%.0}"
lost r3080
expect_errno 0
expect_eq "verify=config:LIST, in the list: reads" "$(cat /tmp/lost)" 0
lost p40a
expect_errno EIO
expect_at_least "verify=config:LIST, not in it: reads" "$(cat /tmp/lost)" 1
unload_module
power_cycle p40a
load_module verify=config
lost p40a
expect_errno 0
expect_eq "verify=config: reads" "$(cat /tmp/lost)" 0
unload_module
for bad in "" conf full,config; do
	expect_not load_module "verify=$bad"
done
# A word that is not understood may mean any card.
load_module "verify=config:${b%.0},82.0.0"
lost p40a
expect_errno 0
expect_eq "verify=config:LIST with a mistyped word: reads" "$(cat /tmp/lost)" 0

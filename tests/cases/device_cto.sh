# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# ci: 6.1 7.3
# checkers: no
# A read of BAR 0 that a hung card does not complete times out in the root port, and the kernel's recovery
# from that speaks to the other card behind the switch. Of the emulation; the module is not loaded.

# Advanced error reporting of the root port above the switch, where QEMU has it
root=0000:00:$(printf %02x "$(slot k80a | cut -d / -f 1)").0
expect_eq "AER of $root" "$(config "$root" 0x100 2)" 0001
neighbour="$(bdf k80b): AER: can't recover"

ctl k80a hang bar sbr
log_mark
expect_eq "read, not reported" "$(boot0 k80a)" ffffffff
usleep 500000
expect_no_log "AER|PCIe Bus Error"

ctl k80a cto on
log_mark
expect_eq "read, reported" "$(boot0 k80a)" ffffffff
await_log "pcieport $root: PCIe Bus Error: severity=Uncorrect"
await_log "$neighbour"
expect_at_least "timeouts that were logged" "$(ctl k80a count cto)" 1
expect_at_least "reads that were lost" "$(ctl k80a count bar0-lost)" 2

ctl k80a clear
config "$root" 0x108 4=0x4000
log_mark
expect_eq "read, masked" "$(boot0 k80a)" ffffffff
usleep 500000
expect_no_log "AER|PCIe Bus Error"
expect_eq "timeouts that were logged, masked" "$(ctl k80a count cto)" 0
expect_at_least "reads that were lost, masked" "$(ctl k80a count bar0-lost)" 1
config "$root" 0x108 4=0

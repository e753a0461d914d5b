# SPDX-License-Identifier: GPL-2.0
# cards: future-np
# timeout: 90
# ci: 7.3
# A GPU that no table knows: FLR is what the kernel's wish is reason enough for, its bus is reset when a user
# asks for it. Bus resets that the kernel does of its own stay the kernel's.

log_mark
load_module
expect_log "gpupt_reset $(bdf future): managed, family unknown, reset by what its capabilities say"
expect_eq family "$(attr future family)" unknown
expect_eq rungs "$(cat "$(device future)/gpupt_reset")" "flr bus bus-long rescan"
bind_card future

# A virtual machine starts and ends; its hot reset is not ours.
client "$(bdf future)" open hotreset close
expect_eq "client's exit" "$rc" 0
expect_eq "bus resets that the card saw" "$(ctl future count sbr)" 1
expect_eq last_rung "$(attr future last_rung)" flr
settle
expect_eq verdict "$(ctl future verdict)" alive

# Hung, and FLR does not help: it is not handed out, and its bus left alone.
drivers_settle future vfio-pci
ctl future clear
ctl future hang bar sbr
log_mark
expect_open future EAGAIN
expect_log "gpupt_reset $(bdf future): reset failed .*; write 1 to gpupt_reset, which also resets its bus"
expect_eq state "$(attr future state)" hung
expect_eq "resets that the card saw" "$(ctl future count flr) $(ctl future count sbr)" "1 0"
reset_card future
expect_errno 0
expect_eq last_rung "$(attr future last_rung)" bus
expect_eq verdict "$(ctl future verdict)" alive
client "$(bdf future)" open enable bar0 close
expect_eq "client's exit" "$rc" 0

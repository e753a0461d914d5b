# SPDX-License-Identifier: GPL-2.0
# cards: host+p40
# cmdline: elfcorehdr=0xfd000000
# ci: 6.12
# In the kernel that is booted to save a dump (kdump) nothing is claimed, and no display taken from the console. To
# this one its command line says that it is that; there is no dump at that address.

log_mark
load_module claim="$(bdf p40a),force"
sleep 2
expect_log "gpupt_reset: this is a crash kernel"
expect_no_log "claimed for vfio-pci|names .*where there is no"
expect_eq "driver" "$(drivers_of p40a)" none
expect_eq "override" "$(overrides_of p40a)" -
claim p40a force
expect_errno EOPNOTSUPP
expect_log "gpupt_reset $(bdf p40a): not claimed: this is a crash kernel"
expect_eq "override" "$(overrides_of p40a)" -
# A reset is another thing.
ctl p40a hang config sbr
reset_card p40a
expect_errno 0

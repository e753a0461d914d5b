# SPDX-License-Identifier: GPL-2.0
# cards: host+r3080
# drivers: snd-hda-codec-generic snd-hda-intel
# The GPU is vfio-pci's, and its audio function the host's.

load_driver snd-hda-codec-generic
load_driver snd-hda-intel
wait_until 20 prints snd_hda_intel driver_of "$(bdf host 1)"
load_module
bind_vfio "$(bdf host)"
expect_card host some 1 "$(bdf host 1)" ok none
report
expect_log "gpupt_reset $(bdf host): the host's driver snd_hda_intel has $(bdf host 1), VFIO opens no function of it meanwhile; write 1 to gpupt_claim"
expect_open host EPERM
claim host
expect_errno 0
expect_card host some 1 1 ok none
expect_open host 0

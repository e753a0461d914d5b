# SPDX-License-Identifier: GPL-2.0
# cards: p40+rtx4090
# checkers: debug
# ci: 6.12
# The report on a machine where everything is as it should be, at load and when it is asked for; and a boot
# framebuffer, a BAR that could be larger, and an audio function that the host keeps.

log_mark
load_module
expect_log "gpupt_reset: IOMMU: Intel VT-d, the host's devices are translated"
expect_host intel translated on
expect_card p40a some 1 1 ok none
expect_card rtx4090 some 1 1 ok none
group=$(attr p40a iommu_group)
group2=$(attr rtx4090 iommu_group)
report
expect_said "gpupt_reset: IOMMU: Intel VT-d, the host's devices are translated" \
	"gpupt_reset: interrupt remapping: on" \
	"gpupt_reset $(bdf p40a): IOMMU group $group: $(bdf p40a) (no driver)" \
	"gpupt_reset $(bdf rtx4090): IOMMU group $group2: $(bdf rtx4090) (no driver), $(bdf rtx4090 1) (no driver)" \
	"gpupt_reset $(bdf rtx4090): BAR 1 has 256 MiB and could have 32768 MiB (Resizable BAR)"
claim p40a
expect_errno 0
expect_open p40a 0

load_driver bootfb bdf="$(bdf rtx4090)"
load_driver standin
expect_card rtx4090 some 1 "$(bdf rtx4090)" ok none
report
expect_log "gpupt_reset $(bdf rtx4090): the host's driver standin has $(bdf rtx4090), VFIO opens no function"
rmmod standin
expect_card rtx4090 some 1 1 ok 0
report
expect_log "gpupt_reset $(bdf rtx4090): a boot framebuffer holds its BAR 0; a claim evicts it"
claim rtx4090 force
expect_errno 0
expect_card rtx4090 some 1 1 ok none
expect_open rtx4090 0

for word in 2 0 "" "1 1"; do
	[ -z "$word" ] || write_to /sys/kernel/gpupt/report "$word"
	[ -z "$word" ] || expect_errno EINVAL
done
expect_eq mode "$(stat -c %a /sys/kernel/gpupt/report)" 200
su nobody -c 'echo 1 >&5' 5>/sys/kernel/gpupt/report 2>/tmp/refusal || :
expect grep -q "Operation not permitted" /tmp/refusal

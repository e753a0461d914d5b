# SPDX-License-Identifier: GPL-2.0
# ci: 7.2
# timeout: 120
# Resets of cards that are removed and found meanwhile, and of cards whose slots are switched off and on
# meanwhile, by hand and by resets. Whoever loses is told; afterwards the cards are found, managed,
# nobody's, and alive. (Not both at once: the stock kernel writes to freed memory when a function is
# removed by its file and by something else at the same time. Nor the kernel's own reset beside slot power:
# pciehp's reset_lock and the device lock are taken in both orders, and 7.2 was seen to hang.)

. /race.sh

load_module
p40=$(device p40a)
r3080=$(device r3080)
audio=$(device r3080 1)
for card in p40a r3080; do
	replug $card
done
ctl r3080 boot-ms 50
known="$known|Resource temporarily unavailable|Input/output error|Invalid argument|Inappropriate ioctl for device"
pause=100
race 7 "put $p40/remove 1" "put $r3080/remove 1" "put $audio/remove 1" \
	"put /sys/bus/pci/devices/$(port p40a)/rescan 1" "put /sys/bus/pci/devices/$(port r3080)/rescan 1" \
	"put $p40/reset 1" "put $r3080/reset 1" "put $p40/gpupt_reset 1 bus" "put $r3080/gpupt_reset 1 bus" \
	"look $p40/gpupt/state $p40/gpupt_reset" \
	"look $r3080/gpupt/state $r3080/gpupt_claim"
pause=200
race 9 "put /sys/bus/pci/slots/$(slot p40a)/power 1 1 1 0" "put /sys/bus/pci/slots/$(slot r3080)/power 1 1 1 0" \
	"put $p40/gpupt_reset 1 slot-power rescan" \
	"put $p40/gpupt_reset bus slot-power rescan" "put $r3080/gpupt_reset 1 slot-power rescan" \
	"put $r3080/gpupt_reset flr slot-power rescan" \
	"look $p40/gpupt/state $p40/gpupt_reset" \
	"look $r3080/gpupt/state $r3080/gpupt_claim"
for card in p40a r3080; do
	wait_until 10 replug $card
done
expect_sound p40a r3080

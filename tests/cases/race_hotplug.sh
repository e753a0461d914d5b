# SPDX-License-Identifier: GPL-2.0
# ci: 7.2
# timeout: 120
# Resets of cards that are removed and found while it lasts, and of cards whose slots are switched off and on,
# by hand and by resets. A caller that loses is told; afterwards the cards are found, managed, nobody's, and
# alive. (One after the other, and no reset of the kernel's own in the second: the races are to be the module's,
# not those that stock kernels were seen to lose.)

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

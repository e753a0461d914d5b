# SPDX-License-Identifier: GPL-2.0
# cmdline: gpupt.apart
# run: full
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# The port above a card is removed, with the card, and found again, while that is reset: also by the reset
# that takes the card off its bus itself.

. /race.sh

# removes PORT: so rarely that a reset can end in between
removes() {
	doze $((1500 * slow))
	put "/sys/bus/pci/devices/$1/remove" 1
}

load_module
p40=$(device p40a)
r3080=$(device r3080)
ctl r3080 boot-ms 50
known="$known|Resource temporarily unavailable|Input/output error|Invalid argument|Inappropriate ioctl for device"
race 10 "removes $(port p40a)" "removes $(port r3080)" "put /sys/bus/pci/rescan 1" \
	"put $p40/reset 1" "put $r3080/reset 1" "put $p40/gpupt_reset 1 rescan" \
	"put $r3080/gpupt_reset 1 bus rescan" "look $p40/gpupt/state $p40/gpupt_reset"
echo 1 >/sys/bus/pci/rescan
expect_sound p40a r3080

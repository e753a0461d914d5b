# SPDX-License-Identifier: GPL-2.0
# ci: 6.12
# Loading and unloading the module against resets, claims, virtual machines and readers. No reset through
# the kernel is lost, nothing keeps the module, and nothing of it is left.

. /race.sh

# unload: work in progress keeps the module, so this is tried more than once
unload() {
	local try=20
	until rmmod gpupt_reset; do
		try=$((try - 1))
		[ $try -gt 0 ] || return
	done
}

bind_card r3080
p40=$(device p40a)
r3080=$(device r3080)
gpus=$(bdfs r3080)
load_module
ctl r3080 boot-ms 50
log_mark
pause=400
known="$known|File exists|Resource temporarily unavailable"
race 10 "put $p40/reset 1" "insmod /gpupt_reset.ko" unload "put $p40/gpupt_reset 1 bus" \
	"put $r3080/gpupt_reset 1" "machine $gpus open reset close" "put $r3080/gpupt_claim 1 0" \
	"look $p40/gpupt/state $p40/gpupt_reset $r3080/gpupt/viable" \
	"put /sys/kernel/gpupt/report 1"
expect_eq "resets through the kernel that failed" "$(grep -c . /tmp/race/1.errors || :)" 0
expect_no_log "$(bdf p40a): reset failed"
[ -d /sys/module/gpupt_reset ] || load_module
expect_sound p40a
for fn in 0 1; do
	unbind "$(bdf r3080 $fn)"
	echo >"$(device r3080 $fn)/driver_override"
done
expect_eq "P40's methods" "$(methods p40a)" bus
expect_eq "RTX 3080's methods" "$(methods r3080)" "flr bus"
expect_not test -e /sys/kernel/gpupt
expect_not test -e "$p40/gpupt"

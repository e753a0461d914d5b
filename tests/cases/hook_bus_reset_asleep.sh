# SPDX-License-Identifier: GPL-2.0
# ci: 6.1 7.2
# The kernel lets the audio function of a card sleep while nobody uses it, and restores its config space, without
# its lock, when it is woken (as by a write to d3cold_allowed). In the middle of a bus reset of the kernel's own that
# was taken for a reset that had no effect: reset_subordinate does not wake what it resets.

gpu=$(device r3080)
audio=$(device r3080 1)
port=/sys/bus/pci/devices/$(port r3080)
[ -e "$port/reset_subordinate" ] || skip "this kernel has no reset_subordinate"
load_module
ctl r3080 boot-ms $((50 * slow))
# As a virtual machine leaves it.
command=0503
echo on >"$audio/power/control"
config "$(bdf r3080 1)" 4 2=0x$command
echo auto >"$audio/power/control"

# await_begin N: of the N-th reset. Nobody else may have the lock of a function then: EAGAIN.
await_begin() {
	local state resets i=0
	while [ $i -lt 2000 ]; do
		i=$((i + 1))
		read -r state <"$gpu/gpupt/state"
		read -r resets <"$gpu/gpupt/resets"
		[ "$state" != resetting ] && [ "$resets" != "$1" ] || return 0
		usleep 5000
	done
	return 1
}

log_mark
n=0
: >/tmp/met
for delay in 20 40 60 80 100 120; do
	n=$((n + 1))
	expect wait_until 10 grep -q suspended "$audio/power/runtime_status"
	(
		await_begin $n
		usleep $((delay * 1000))
		read -r state <"$gpu/gpupt/state"
		[ "$state" != resetting ] || echo $n >>/tmp/met
		echo 1 >"$audio/d3cold_allowed"
	) &
	write_to "$port/reset_subordinate" 1
	expect_errno 0
	wait
	expect_eq "resets" "$(attr r3080 resets)" "$n"
	expect_eq "failures" "$(attr r3080 failures)" 0
	expect_eq "state" "$(attr r3080 state)" ok
	expect_eq "COMMAND of the audio function" "$(config "$(bdf r3080 1)" 4 2)" "$command"
done
echo "met in the rounds $(tr '\n' ' ' </tmp/met)"
expect_at_least "rounds that met the reset" "$(wc -l </tmp/met)" 1
expect_no_log "reset failed|inaccessible"
expect_alive r3080

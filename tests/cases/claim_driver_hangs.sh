# SPDX-License-Identifier: GPL-2.0
# cards: host+p40+r3080
# drivers: snd-hda-codec-generic snd-hda-intel xhci-pci
# timeout: 240
# A driver hangs in its remove function, as nvidia does while it has users. A claim of its card fails within
# seconds, and nobody else waits: claims of other cards, a rescan of the bus, reports, loading and unloading.

# hangs: unbinds the GPU from a driver that takes so long to let go
hangs() {
	echo 40000 >/sys/module/standin/parameters/remove_ms
	(bdf host 0 >/sys/bus/pci/drivers/nvidia/unbind) &
	unbinding=$!
	sleep 1
}

# lets_go: the driver is done with it
lets_go() {
	wait $unbinding
	echo 0 >/sys/module/standin/parameters/remove_ms
}

# at_once WHAT COMMAND...: within the time that nobody is waited for
at_once() {
	local what=$1 start
	shift
	start=$(now)
	"$@"
	expect_within "$what: milliseconds" $(($(now) - start)) 3000
}

rescan() {
	echo 1 >/sys/bus/pci/rescan
}

host_uses nvidia
# Of the others there it would not be asked for its functions.
for b in $(bdf host 3) $(bdf p40a) $(bdf r3080); do
	unbind "$b"
done
load_module
log_mark
hangs
claim host
expect_errno EBUSY
expect_within "milliseconds until it fails" "$ms" 8000
expect_log "gpupt_reset $(bdf host): .*$(bdf host 0) .* nvidia"
expect_eq "claimed" "$(claimed host)" 0
at_once "claim of another card" claim p40a
expect_errno 0
expect_eq "drivers of the other card" "$(drivers_of p40a)" vfio-pci
at_once "rescan" rescan
at_once "report" report
at_once "a file of the card" attr host viable
at_once "its claim" claimed host
expect kill -0 $unbinding
lets_go
claim host
expect_errno 0
claim host 0
expect_errno 0
claim p40a 0
expect_errno 0
unload_module

# Loading, with a claim of that card and of another one. The former is claimed when its driver is done.
bdf host 0 >/sys/bus/pci/drivers/nvidia/bind
log_mark
hangs
load_module claim="$(bdf host),$(bdf r3080),force"
# The hooks alone take seconds, on a busy host.
expect kill -0 $unbinding
at_once "rescan" rescan
wait_until 5 is_bound r3080 "vfio-pci vfio-pci" || :
expect_eq "drivers of the other card" "$(drivers_of r3080)" "vfio-pci vfio-pci"
await_log "gpupt_reset $(bdf host): .*$(bdf host 0) .* nvidia"
expect kill -0 $unbinding
lets_go
drivers_settle host "vfio-pci vfio-pci vfio-pci vfio-pci"
wait_until 10 unload_module || fail "the module cannot be unloaded"

# Unloading, while the claim waits for the driver.
for fn in $(functions host); do
	unbind "$(bdf host "$fn")"
done
bdf host 0 >/sys/bus/pci/drivers/nvidia/bind
hangs
load_module claim="$(bdf host),force"
wait_until 10 unload_module || fail "the module cannot be unloaded"
expect kill -0 $unbinding
lets_go

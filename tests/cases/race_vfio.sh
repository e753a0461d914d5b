# SPDX-License-Identifier: GPL-2.0
# ci: 7.3
# timeout: 120
# Virtual machines that start, reset, end and are killed, against each other, resets by hand and through
# the kernel, and claims. No machine is handed a dead card, none loses its card to a claim.

. /race.sh

bind_card p40a
bind_card r3080
load_module
p40=$(device p40a)
r3080=$(device r3080)
ctl r3080 boot-ms 50
known='Device or resource busy'
log_mark

race 8 "machine $(bdfs p40a) open enable bar0 reset enable bar0 close" "killed $(bdfs p40a) open enable" \
	"machine $(bdfs r3080) open id hotreset@0 enable@0 bar0@0 reset@0 close" \
	"machine $(bdfs r3080) open@1 open@0 reset@0 close@0 close@1" \
	"killed $(bdfs r3080) open enable hotreset@0" \
	"put $p40/gpupt_reset 1 bus" "put $r3080/gpupt_reset 1 bus" \
	"put $p40/gpupt_claim 1 0" "put $r3080/gpupt_claim 1 0"
# vfio-pci enables a card without its lock, also one that is being reset.
expect_no_log "reset failed"

# The kernel also resets a card that is open. What a machine finds then is its user's doing.
known="$known|Resource temporarily unavailable"
race 4 "machine $(bdfs p40a) open reset close" "machine $(bdfs r3080) open hotreset@0 close" \
	"killed $(bdfs r3080) open enable hotreset@0" "put $p40/reset 1" "put $r3080/reset 1" \
	"put $(bus_reset_file r3080) 1"

for card in p40a r3080; do
	bind_card $card
	client "$(bdfs $card)" vm close
	expect_eq "$card: client's exit" "$rc" 0
	for fn in $(functions $card); do
		unbind "$(bdf $card "$fn")"
		echo >"$(device $card "$fn")/driver_override"
	done
done
expect unused vfio_pci
expect_sound p40a r3080

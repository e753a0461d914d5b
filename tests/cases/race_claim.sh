# SPDX-License-Identifier: GPL-2.0
# ci: 6.1
# cards: host+r3080
# drivers: snd-hda-codec-generic snd-hda-intel xhci-pci
# timeout: 120
# Claims and ends of claims against each other, resets, virtual machines, drivers bound and released by hand,
# and functions that are removed and found. Nobody is left with half a card or somebody else's override.

. /race.sh

# handle FUNCTION: by hand, through the files of the driver core
handle() {
	local dir=/sys/bus/pci/devices/$1
	pick unbind drivers_probe
	case $picked in
	unbind) echo "$1" >"$dir/driver/unbind" ;;
	*) echo "$1" >/sys/bus/pci/drivers_probe ;;
	esac
}

# persist COMMAND...: somebody else has the card most of the time
persist() {
	local n
	for n in 1 2 3 4 5 6 7 8 9; do
		! "$@" || return 0
		usleep 30000
	done
	return 1
}

host_uses standin
load_module
host=$(device host)
r3080=$(device r3080)
port=/sys/bus/pci/devices/$(port r3080)
ctl r3080 boot-ms 50
ctl host boot-ms 50
known="$known|Resource temporarily unavailable|Input/output error|Invalid argument"
pause=150
race 10 "persist put $host/gpupt_claim 1" "put $host/gpupt_claim force force 0" \
	"persist put $r3080/gpupt_claim 1 0" "persist put $r3080/gpupt_claim 1 0" \
	"persist put $host/gpupt_reset bus" \
	"persist machine $(bdfs host) open close" "handle $(bdf host)" "handle $(bdf host 2)" \
	"put $r3080/remove 1" "put $port/rescan 1" "put $port/rescan 1" "put $port/rescan 1" \
	"look $host/gpupt_claim $r3080/gpupt/viable" "put /sys/kernel/gpupt/report 1"

wait_until 10 replug r3080
for card in host r3080; do
	# The other one may be left claimed, and then this is the host's only display.
	claim $card force
	expect_errno 0
	expect_eq "$card: drivers" "$(drivers_of $card | sed 's/ *vfio-pci//g')" ''
	expect_eq "$card: overrides" "$(overrides_of $card | sed 's/ *vfio-pci//g')" ''
	client "$(bdfs $card)" vm close
	expect_eq "$card: client's exit" "$rc" 0
	claim $card 0
	expect_errno 0
	expect_eq "$card: overrides" "$(overrides_of $card | tr -d ' -')" ''
	for fn in $(functions $card); do
		unbind "$(bdf $card "$fn")"
	done
done
expect_sound host r3080

# SPDX-License-Identifier: GPL-2.0
# cards: host+r3080
# drivers: snd-hda-codec-generic snd-hda-intel xhci-pci
# timeout: 180
# ci: 6.12 7.3
# Claims against everything else that may happen to card and module. No card is ever half claimed.

# whole CARD HOST-DRIVERS: all functions are vfio-pci's, or none
whole() {
	case $(drivers_of "$1") in
	"vfio-pci vfio-pci vfio-pci vfio-pci") expect_eq "$1: claimed" "$(claimed "$1")" 1 ;;
	*vfio-pci*) fail "$1 is half claimed: $(drivers_of "$1")" ;;
	*) expect_eq "$1: claimed" "$(claimed "$1")" 0 ;;
	esac
}

of_host="standin snd_hda_intel xhci_hcd standin"
load_driver snd-hda-codec-generic
load_driver snd-hda-intel
load_driver xhci-pci
load_driver standin remove_ms=$((700 * slow))
drivers_settle host "$of_host"

# Unloading the module while it claims is refused.
load_module
vfioc --write "$(device host)/gpupt_claim" 1 >/tmp/claim &
writer=$!
usleep $((400000 * slow))
expect_not rmmod gpupt_reset
# And so is a second claim, and a reset.
claim host
expect_errno EBUSY
claim host 0
expect_errno EBUSY
reset_card host
expect_errno EBUSY
wait $writer
expect grep -q "errno=0 " /tmp/claim
whole host
claim host 0
expect_errno 0
drivers_settle host "$of_host"

# The card is removed while it is claimed.
vfioc --write "$(device host)/gpupt_claim" 1 >/tmp/claim &
writer=$!
usleep $((400000 * slow))
echo 1 >"$(device host 1)/remove"
echo 1 >"$(device host)/remove"
wait $writer || :
cat /tmp/claim
replug host
wait_until 20 is_bound host "vfio-pci vfio-pci vfio-pci vfio-pci" || wait_until 20 is_bound host "$of_host" || :
whole host
claim host 0
expect_errno 0
drivers_settle host "$of_host"

# A driver is loaded while the card is claimed, with slow and asynchronous probes.
echo 0 >/sys/module/standin/parameters/remove_ms
rmmod standin
for round in 1 2 3 4; do
	insmod /standin.ko probe_ms=200 async=$((round % 2)) &
	loader=$!
	[ "$round" -gt 2 ] || usleep 100000
	claim host
	expect_errno 0
	wait $loader
	usleep 300000
	expect_eq "round $round: drivers" "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
	claim host 0
	expect_errno 0
	whole host
	rmmod standin
done

# Claims and releases against loading and unloading of the module, and removal.
load_driver standin
(
	n=0
	while [ $n -lt $((slow > 1 ? 16 : 40)) ]; do
		echo $((n % 2)) >"$(device host)/gpupt_claim"
		n=$((n + 1))
	done
) 2>/dev/null &
writer=$!
while kill -0 $writer 2>/dev/null; do
	rmmod gpupt_reset 2>/dev/null || :
	insmod /gpupt_reset.ko claim=10de:1e87 2>/dev/null || :
done
wait $writer || :
[ -d /sys/module/gpupt_reset ] || load_module claim=10de:1e87
drivers_settle host "vfio-pci vfio-pci vfio-pci vfio-pci"
whole host
client "$(bdfs host)" vm close
expect_eq "client's exit" "$rc" 0
unload_module
expect_eq overrides "$(overrides_of host)" "- - - -"

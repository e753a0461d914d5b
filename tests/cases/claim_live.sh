# SPDX-License-Identifier: GPL-2.0
# cards: host+r3080
# drivers: snd-hda-codec-generic snd-hda-intel xhci-pci
# timeout: 120
# A card that the host uses, with drivers of the kernel at work on its audio and USB functions, goes to
# virtual machines and comes back, all functions or none.

host_uses nouveau

load_module dyndbg=+p
expect_eq "claimed before" "$(claimed host)" 0
expect_eq mode "$(stat -c %a "$(device host)/gpupt_claim")" 600
log_mark
claim host
expect_errno 0
expect_eq drivers "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
expect_eq overrides "$(overrides_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
expect_eq claimed "$(claimed host)" 1
expect_log "gpupt_reset $(bdf host): claimed for vfio-pci, from nouveau"
expect_log "gpupt_reset $(bdf host 1): claimed for vfio-pci, from snd_hda_intel"
expect_log "gpupt_reset $(bdf host 2): claimed for vfio-pci, from xhci_hcd"
expect_eq "released, in order" "$(log_since | sed -n 's/.*:\([0-9.]*\): gpupt_reset: releasing its driver/\1/p' | tr '\n' ' ')" \
	"00.1 00.2 00.3 00.0 "

# A virtual machine has it.
log_mark
client "$(bdfs host)" vm close
expect_eq "client's exit" "$rc" 0
vfioc "$(bdf host 1)" open hang >/tmp/client &
client=$!
wait_until 10 grep -q hang /tmp/client
claim host 0
expect_errno EBUSY
expect_log "gpupt_reset $(bdf host 1): it is open through vfio-pci, stop its virtual machine first"
log_mark
claim host
expect_errno 0
expect_no_log "claimed for"
expect_eq "drivers still" "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
expect_eq "overrides still" "$(overrides_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"
kill -9 $client
wait $client || :

claim host 0
expect_errno 0
expect_eq "drivers again" "$(drivers_of host)" "$of_host"
expect_eq "overrides again" "$(overrides_of host)" "- - - -"
expect_eq "claimed no more" "$(claimed host)" 0
claim host 0
expect_errno 0

for word in 2 01 yes on FORCE "1 force" -1 "$(printf '%0300d' 1)"; do
	claim host "$word"
	expect_errno EINVAL
done
su nobody -c 'echo 1 >&5' 5>"$(device host)/gpupt_claim" 2>/tmp/refusal || :
expect grep -q "Operation not permitted" /tmp/refusal
expect_eq "drivers after bad words" "$(drivers_of host)" "$of_host"

claim host
expect_errno 0
client "$(bdfs host)" vm close
expect_eq "client's exit afterwards" "$rc" 0
unload_module
expect_eq "overrides after unload" "$(overrides_of host)" "- - - -"
expect_eq "drivers after unload" "$(drivers_of host)" "vfio-pci vfio-pci vfio-pci vfio-pci"

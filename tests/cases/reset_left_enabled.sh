# SPDX-License-Identifier: GPL-2.0
# ci: 6.12 7.3
# A driver whose probe fails may leave the function enabled (nouveau does, with a card whose image it does not
# find). When vfio-pci has it afterwards that is not a card that is open in a virtual machine.

load_module
load_driver standin leak=1
left=$(cat "$(device r3080)/enable")
expect_eq "driver" "$(driver_of "$(bdf r3080)")" none
expect_ne "enabled" "$left" 0
claim r3080
expect_errno 0
expect_eq "drivers" "$(drivers_of r3080)" "vfio-pci vfio-pci"
reset_card r3080 bus
expect_errno 0
# One that is open is.
vfioc "$(bdf r3080)" open hang >/tmp/client &
pid=$!
wait_until 10 grep -q hang /tmp/client
reset_card r3080
expect_errno EBUSY
claim r3080 0
expect_errno EBUSY
kill -9 $pid
wait $pid || :
expect wait_until 20 prints "$left" cat "$(device r3080)/enable"
claim r3080 0
expect_errno 0

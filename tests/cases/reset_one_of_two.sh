# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# timeout: 90
# ci: 6.1 7.3
# A K80: two GPUs behind the switch on their board. Each is reset by its own port of the switch,
# while the other one is open in a virtual machine.

load_module
bind_card k80b
vfioc "$(bdf k80b)" open enable bar0 hang >/tmp/client &
wait_until 10 grep -q hang /tmp/client
ctl k80a clear
ctl k80b clear
for how in gpupt_reset reset; do
	ctl k80a hang config sbr
	write_to "$(device k80a)/$how" 1
	expect_errno 0
	expect_eq "its word" "$(ctl k80a verdict)" alive
done
expect_at_least "bus resets it saw" "$(ctl k80a count sbr)" 2
expect_eq "bus resets the other one saw" "$(ctl k80b count sbr)" 0
reset_card k80b
expect_errno EBUSY
expect_eq "the other one's word" "$(ctl k80b verdict)" alive
kill %1
wait || :
ctl k80b hang config sbr
client "$(bdf k80b)" open enable bar0 close
expect_eq "client's exit" "$rc" 0

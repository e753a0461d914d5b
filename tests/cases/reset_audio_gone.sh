# SPDX-License-Identifier: GPL-2.0
# cards: p40+r3080+gh200+rtx5090+board+rootbus-np
# ci: 6.1 7.3
# A bus reset clears the bit that shows the audio function, which the kernel sets at enumeration
# alone: on boards whose firmware leaves it clear the audio function is gone after a bus reset
# (VFIO's hot reset is one). Here the bit is set again before the audio function is looked for.

bind_card r3080
ctl r3080 hda off
# It may be shown again when the GPU wakes up, but nobody has restored it.
client "$(bdfs r3080)" open hotreset@0
expect_ne "stock: the card's word" "$(ctl r3080 verdict)" alive
power_cycle r3080

load_module
ctl r3080 hda off
reset_card r3080 bus
expect_errno 0
expect_eq "its word" "$(ctl r3080 verdict)" alive
ctl r3080 hang config sbr
reset_card r3080
expect_errno 0
expect_eq "its word" "$(ctl r3080 verdict)" alive
bind_card r3080
client "$(bdfs r3080)" open hotreset@0
expect_eq "client's exit" "$rc" 0
expect_eq "its word" "$(ctl r3080 verdict)" alive

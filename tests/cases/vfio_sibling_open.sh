# SPDX-License-Identifier: GPL-2.0
# The audio function of a 3080 is open in a virtual machine: nothing resets the bus behind its back. When it is closed
# the bus is reset, once. And nothing opens it while the bus is being reset: it would be handed out as what is read then.

load_module
bind_card r3080
ctl r3080 clear

# The machine has both, and lets go of the GPU: each time an FLR, and nothing more.
vfioc "$(bdf r3080 1),$(bdf r3080)" open@0 open@1 id@1 enable@1 bar0@1 reset@1 close@1 hang >/tmp/client &
pid=$!
wait_until 10 grep -q hang /tmp/client
cat /tmp/client
expect_eq "calls that failed" "$(grep -c 'rc=-1' /tmp/client || :)" 0
expect_eq "FLRs the card saw" "$(ctl r3080 count flr)" 3
expect_eq "bus resets the card saw" "$(ctl r3080 count sbr)" 0

for word in 1 bus flr; do
	reset_card r3080 $word
	expect_errno EBUSY
done
expect_eq "FLRs the card saw" "$(ctl r3080 count flr)" 3

# When the FLR does not help, the reset fails rather than taking the bus.
ctl r3080 soil
ctl r3080 hang bar sbr
log_mark
stock_reset r3080
expect_ne errno "$errno" 0
expect_eq "bus resets the card saw" "$(ctl r3080 count sbr)" 0
expect_log "gpupt_reset $(bdf r3080): no bus reset: $(bdf r3080 1) is open through vfio-pci"
expect_no_log "verified alive"

# Audio has no reset of its own, so that VFIO makes up for it.
log_mark
kill -9 $pid
wait $pid || :
expect_eq "bus resets once audio was closed" "$(ctl r3080 count sbr)" 1
expect_log_count 1 "gpupt_reset $(bdf r3080): reset by bus in [0-9]* ms, card verified alive"
expect_eq "functions not reset" "$(ctl r3080 soiled)" none
expect_eq "its word" "$(ctl r3080 verdict)" alive

ctl r3080 sbr-ready-ms 2000
reset_card r3080 bus &
pid=$!
wait_until 5 prints resetting attr r3080 state
client "$(bdf r3080 1)" open id close
expect_eq "opened in the middle of a reset" "$(echo "$said" | sed -n 's/.* open .* errno=\([A-Z]*\) .*/\1/p')" EAGAIN
wait $pid
expect_eq state "$(attr r3080 state)" ok
client "$(bdf r3080 1)" open id close
expect_eq "client's exit, once it is over" "$rc" 0

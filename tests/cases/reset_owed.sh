# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+rtx4090+rtx5090
# timeout: 90
# ci: 6.12 7.2
# A Pascal card with an audio function: no FLR, and the bus belongs to both functions, so the stock
# kernel has no reset for one of them. Here it has, as long as the other is idle; when that is open,
# the reset is owed, and whoever closes last pays. The kernel's own bus reset is not answered
# here (sbr_hook=0), so that it is not counted for ours.

bind_card gtx1080
gpu=$(bdf gtx1080)
audio=$(bdf gtx1080 1)
client "$gpu" open reset close
expect_eq "stock: VFIO_DEVICE_RESET" "$(echo "$said" | sed -n 's/.* reset .* errno=\([A-Z]*\) .*/\1/p')" EINVAL

load_module sbr_hook=0
client "$gpu" open reset enable bar0 close
expect_eq "client's exit, audio idle" "$rc" 0
expect_eq "resets by open, reset and close" "$(attr gtx1080 resets)" 3

# The machine lets go of the GPU first.
log_mark
vfioc "$audio,$gpu" open@0 open@1 close@1 sleep=3 close@0 >/tmp/client &
client=$!
wait_until 10 grep -q ' close ' /tmp/client
expect_eq "resets while audio is open" "$(attr gtx1080 resets)" 3
expect_log "$gpu: no bus reset: $audio is open through vfio-pci"
expect_log_count 1 "$gpu: the bus reset is owed"
wait $client
cat /tmp/client
expect_eq "resets once audio was closed" "$(attr gtx1080 resets)" 4
expect_eq last_result "$(attr gtx1080 last_result)" ok

# It is owed once: the next open of the audio function alone does nothing.
client "$audio" open close
expect_eq "resets by audio alone" "$(attr gtx1080 resets)" 4

# The guest hangs the card and the machine is killed, with both functions open.
rm -f /tmp/client
vfioc "$audio,$gpu" open@0 open@1 hang >/tmp/client &
client=$!
wait_until 10 grep -q hang /tmp/client
ctl gtx1080 hang config sbr
kill -9 $client
wait $client || :
wait_until 20 prints alive ctl gtx1080 verdict || :
expect_eq "the card's word" "$(ctl gtx1080 verdict)" alive
client "$gpu,$audio" open id enable bar0@0 close
expect_eq "client's exit, next start" "$rc" 0

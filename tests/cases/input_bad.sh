# SPDX-License-Identifier: GPL-2.0
# Bad words, a card in use, a user without the right, a card that vanished: each has its errno, and
# nothing is reset.

load_module
file=$(device p40a)/gpupt_reset
expect_eq "rungs of a P40" "$(cat "$file")" "bus bus-long slot-power rescan"
expect_eq "rungs of a 3080" "$(cat "$(device r3080)/gpupt_reset")" "flr bus bus-long slot-power rescan"
expect_eq "mode" "$(stat -c %a "$file")" 600

for word in 2 0 yes "1 bus" FLR "flr bus" bus_long long none -1 11 "$(printf '%0300d' 1)"; do
	write_to "$file" "$word"
	expect_errno EINVAL
done
write_to "$file" "
"
expect_errno EINVAL
write_to "$file" flr
expect_errno EOPNOTSUPP

# Not root; and not root with a file that root opened.
su nobody -c "echo 1 >$file" 2>/tmp/refusal || :
expect grep -q "Permission denied" /tmp/refusal
su nobody -c 'echo 1 >&5' 5>"$file" 2>/tmp/refusal || :
expect grep -q "Operation not permitted" /tmp/refusal

# Bound to a driver that is in use: open in a virtual machine, or its sibling is.
bind_card p40a
bind_card r3080
vfioc "$(bdfs p40a)" open hang >/tmp/p40 &
vfioc "$(bdf r3080 1)" open hang >/tmp/audio &
wait_until 10 grep -q hang /tmp/p40
wait_until 10 grep -q hang /tmp/audio
for card in p40a r3080; do
	ctl $card clear
	log_mark
	reset_card $card
	expect_errno EBUSY
	expect_log_count 1 "gpupt_reset $(bdf $card): not reset: $(bdf $card | sed 's/0$//')[01] is open through vfio-pci"
	expect_eq "resets the card saw" "$(ctl $card count flr) $(ctl $card count sbr)" "0 0"
done
kill -9 %1 %2 2>/dev/null || killall -9 vfioc

# The card goes away while somebody holds the file open.
exec 5>"$(device p40b)/gpupt_reset"
echo 1 >"$(device p40b)/remove"
(echo 1 >&5) 2>/tmp/refusal || :
exec 5>&-
expect grep -q "No such device" /tmp/refusal
expect_eq "resets a vanished card saw" "$(ctl p40b count sbr)" 0

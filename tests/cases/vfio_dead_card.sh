# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+rtx4090+rtx5090
# timeout: 240
# ci: 6.12 7.2
# A virtual machine starts with a card that nothing revives. The stock kernel needs 70 to 140 s to
# open it, or none, and then most often hands out the dead card, whose closing takes it another
# 70 s. Here the open fails within 10 s, and no log line calls the card alive. A card that dies
# while it is open does not keep the machine from ending either.

load_module
for card in p40a gtx1080 r3080 rtx2080; do
	bind_card $card
	ctl $card hang config never
	log_mark
	client "$(bdf $card)" open id
	expect_eq "$card: errno of the open" "$(echo "$said" | sed -n '1s/.* errno=\([A-Z]*\) .*/\1/p')" EAGAIN
	expect_within "$card: milliseconds" "$(said_ms open)" 10000
	expect_log "gpupt_reset $(bdf $card): reset failed"
	expect_no_log "verified alive"
	# Slot power is left to the user.
	expect_eq "$card: state" "$(attr $card state)" hung
	ctl $card healthy
	# It is the user who says that things have changed.
	reset_card $card
	expect_errno 0
	client "$(bdfs $card)" open id close
	expect_eq "$card: client's exit afterwards" "$rc" 0
done

for card in p40a r3080; do
	rm -f /tmp/client
	vfioc "$(bdfs $card)" open hang >/tmp/client &
	pid=$!
	wait_until 20 grep -q hang /tmp/client
	ctl $card hang config never
	start=$(now)
	kill -9 $pid
	wait $pid || :
	expect_within "$card: milliseconds until a dead card was closed" $(($(now) - start)) 25000
	ctl $card healthy
	reset_card $card
	expect_errno 0
done

# SPDX-License-Identifier: GPL-2.0
# cards: p40
# timeout: 240
# A virtual machine starts with a card that nothing revives. The stock kernel needs 70 to 140 s to
# open it and then may hand out the dead card; here opening is over within 10 s, and no log line
# calls the card alive. (Closing it is the stock kernel's own bus reset, with its own wait.)

load_module
bind_card p40a
ctl p40a hang config never
log_mark
client "$(bdfs p40a)" open id
expect_ne "client's exit" "$rc" 0
expect_at_most "open: milliseconds" "$(said_ms open)" 10000
expect_log "gpupt_reset $(bdf p40a): reset failed"
expect_no_log "verified alive"

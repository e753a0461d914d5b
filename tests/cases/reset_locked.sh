# SPDX-License-Identifier: GPL-2.0
# cards: p40
# Our bus reset holds the port, so that newer kernels do not warn of an unlocked one. They warn once
# a boot, and their own slot reset would use that up: hence a boot without any.

load_module
log_mark
reset_card p40a
expect_errno 0
stock_reset p40a
expect_errno 0
bind_card p40a
client "$(bdfs p40a)" open reset close
expect_eq "client's exit" "$rc" 0
expect_at_least "bus resets the card saw" "$(ctl p40a count sbr)" 5
expect_no_log "unlocked secondary bus reset"

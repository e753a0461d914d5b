# SPDX-License-Identifier: GPL-2.0
# A device that is none of ours is reset by its own methods, with and without the module, and its
# reset does not pass through the module: the kernel's function tracer sees who was called.

trace=/sys/kernel/tracing
calls_of_ours() {
	grep -c -E '(replacement|gpupt_answer_[a-z]*) <-' $trace/trace || :
}

before=$(methods foreign)
stock_reset foreign
expect_errno 0
load_module
expect_eq methods "$(methods foreign)" "$before"
log_mark
stock_reset foreign
expect_errno 0
for method in $before; do
	echo "$method" >"$(device foreign)/reset_method"
	stock_reset foreign
	expect_errno 0
done
expect_not sh -c "echo device_specific >$(device foreign)/reset_method"
expect_real_bars foreign
expect_no_log "gpupt_reset"
bind_vfio "$(bdf foreign)"
client "$(bdf foreign)" open info id bars enable bar0 reset close
expect_eq "client's exit" "$rc" 0
expect_no_log "gpupt_reset"
for card in p40a p40b r3080 r3080b; do
	expect_eq "resets of $card" "$(attr $card resets)" 0
done

[ -e $trace/current_tracer ] || mount -t tracefs tracefs $trace
echo ':mod:gpupt_reset' >$trace/set_ftrace_filter
echo function >$trace/current_tracer
# "default" has the kernel ask the hooked function about the device.
echo default >"$(device foreign)/reset_method"
stock_reset foreign
expect_errno 0
expect_eq "calls of ours for a foreign device" "$(calls_of_ours)" 0
stock_reset p40a
expect_errno 0
expect_at_least "calls of ours for the P40" "$(calls_of_ours)" 1
echo nop >$trace/current_tracer
echo >$trace/set_ftrace_filter

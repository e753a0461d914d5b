# SPDX-License-Identifier: GPL-2.0
# A module parameter that does not parse refuses the load, with a message that helps; a word of a list costs that word.

before=$(methods p40a)
for bad in hook=on hook= hook=2; do
	log_mark
	expect_not load_module "$bad"
	expect_log "gpupt_reset: ${bad%%=*}=.* is not understood, use "
	expect_not test -d /sys/module/gpupt_reset
	expect_eq "methods after $bad" "$(methods p40a)" "$before"
	expect_not test -e "$(device p40a)/gpupt_reset"
done
for bad in deny=xyz deny=01 deny=10de: "deny=$(bdf r3080),nonsense" "deny=,10de"; do
	log_mark
	load_module "$bad"
	expect_log "gpupt_reset: deny= goes without \".*\", which is not understood; use "
	expect test -e "$(device p40a)/gpupt_reset"
	unload_module
done
load_module hook=auto deny=
expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace
expect test -e "$(device p40a)/gpupt_reset"

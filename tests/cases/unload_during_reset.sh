# SPDX-License-Identifier: GPL-2.0
# rmmod while a reset is under way, by our file and by the kernel's, is refused and works later.

load_module
ctl p40a sbr-ready-ms 2000
for file in gpupt_reset reset; do
	vfioc --write "$(device p40a)/$file" 1 >/tmp/reset &
	writer=$!
	expect wait_until 10 reads resetting "$(device p40a)/gpupt/state"
	expect_not rmmod gpupt_reset
	expect test -d /sys/module/gpupt_reset
	wait $writer || :
	expect grep -q 'errno=0 ' /tmp/reset
	expect_alive p40a
	unload_module
	expect_not test -e "$(device p40a)/gpupt_reset"
	load_module
done

# And against a stream of resets: no reset is lost, no module left half unloaded.
ctl p40a healthy
(
	n=0
	while [ $n -lt 12 ]; do
		echo 1 >"$(device p40a)/reset"
		n=$((n + 1))
	done
) 2>/tmp/errors &
writer=$!
while kill -0 $writer 2>/dev/null; do
	rmmod gpupt_reset 2>/dev/null || :
	insmod /gpupt_reset.ko 2>/dev/null || :
done
wait $writer || :
cat /tmp/errors
expect_eq "resets that failed" "$(grep -c . /tmp/errors || :)" 0
expect_alive p40a

# SPDX-License-Identifier: GPL-2.0
# Loading activates device_specific on every function of our cards and adds our files to the GPUs;
# unloading leaves everything as it was, also where the user had chosen the methods, or none.

# state: all files and methods of all functions
state() {
	for entry in $GPUPT_CARDS; do
		card=${entry%%:*}
		for fn in $(functions "$card"); do
			echo "$card.$fn methods: $(methods "$card" "$fn")"
			(cd "$(device "$card" "$fn")" && printf "$card.$fn file: %s\n" *)
		done
	done
}

echo flr >"$(device r3080b)/reset_method"
echo >"$(device p40b)/reset_method"
expect_eq "chosen methods" "$(methods r3080b)" flr
expect_eq "stock methods of an audio function" "$(methods r3080 1)" absent
state >/tmp/before
foreign=$(methods foreign)

for round in 1 2 3; do
	load_module
	expect_eq hook "$(cat /sys/kernel/gpupt/hook)" ftrace
	expect_eq "P40" "$(methods p40a)" "device_specific bus"
	expect_eq "RTX 3080" "$(methods r3080)" "device_specific flr bus"
	expect_eq "its audio function" "$(methods r3080 1)" device_specific
	expect_eq "RTX 3080 with chosen methods" "$(methods r3080b)" "device_specific flr"
	expect test -e "$(device r3080 1)/reset"
	expect test -e "$(device p40a)/gpupt_reset"
	expect test -e "$(device p40a)/gpupt/state"
	expect_not test -e "$(device r3080 1)/gpupt_reset"
	expect_eq "a foreign device" "$(methods foreign)" "$foreign"
	expect_not test -e "$(device foreign)/gpupt_reset"
	unload_module
	state >/tmp/after
	expect diff /tmp/before /tmp/after
	expect_not test -e /sys/kernel/gpupt
done

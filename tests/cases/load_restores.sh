# SPDX-License-Identifier: GPL-2.0
# Loading activates device_specific on the GPUs and adds our files to them; unloading leaves everything as it
# was. Methods that the user has chosen stay behind it, and a list that the user emptied stays empty. Audio, USB
# and UCSI have what the stock kernel gives them: nothing.

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
	expect_eq "its audio function" "$(methods r3080 1)" absent
	expect_eq "RTX 3080 with chosen methods" "$(methods r3080b)" "device_specific flr"
	expect_not test -e "$(device r3080 1)/reset"
	expect_eq "a P40 without methods, by the user's wish" "$(methods p40b)" ""
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

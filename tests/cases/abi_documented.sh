# SPDX-License-Identifier: GPL-2.0
# Every attribute of ours has its block in the ABI file, and no block is about nothing.

abi=/abi/sysfs-driver-gpupt_reset
expect test -s "$abi"
names=$(sed -n 's,^What:[[:space:]]*,,p' "$abi")
ls "$(device p40a)" >/tmp/before
load_module
ls "$(device p40a)" >/tmp/after
found=$(
	for name in $(diff /tmp/before /tmp/after | sed -n 's/^+\([^+]\)/\1/p'); do
		if [ -d "$(device p40a)/$name" ]; then
			find "$(device p40a)/$name" -type f | sed "s,^.*/$name/,/sys/bus/pci/devices/<BDF>/$name/,"
		else
			echo "/sys/bus/pci/devices/<BDF>/$name"
		fi
	done | grep -v '/reset$'
	find /sys/kernel/gpupt -type f
)
echo "$found"
expect_at_least "attributes found" "$(echo "$found" | wc -l)" 10
for file in $found; do
	expect_eq "blocks about $file" "$(echo "$names" | grep -cxF "$file" || :)" 1
done
for name in $names; do
	expect_eq "attributes for the block $name" "$(echo "$found" | grep -cxF "$name" || :)" 1
done
for field in Date KernelVersion Contact Description; do
	expect_eq "blocks with $field" "$(grep -c "^$field:" "$abi")" "$(grep -c '^What:' "$abi")"
done

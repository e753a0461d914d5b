# SPDX-License-Identifier: GPL-2.0
# Only CAP_SYS_ADMIN of the first user namespace may act, whatever the modes of the files say: not a user, not
# the root of a container that has all other capabilities, not the root of a user namespace.

load_module
gpu=$(device p40a)
files="$gpu/gpupt_reset $gpu/gpupt_claim /sys/kernel/gpupt/report"

# refused WHO ERRNO: also that the very write works for root is seen, at the end
refused() {
	local file answer
	for file in $files; do
		answer=$(vfioc --as "$1" --write "$file" 1) || :
		expect_eq "$1 writes $file" "${answer%% *}" "errno=$2"
	done
}

for file in $files; do
	expect_eq "group and others of $file" "$(stat -c %a "$file" | cut -c 2-)" 00
done
refused user EACCES
refused nocap EPERM
refused userns EPERM
for file in $files; do
	chmod 666 "$file"
done
refused user EPERM
refused nocap EPERM
refused userns EPERM
expect_eq "resets the card saw" "$(ctl p40a count flr) $(ctl p40a count sbr)" "0 0"
expect_eq "driver" "$(driver_of "$(bdf p40a)")" none

# Nothing can be changed through a parameter, and what all may read says nothing of addresses.
for file in /sys/module/gpupt_reset/parameters/*; do
	[ ! -e "$file" ] || expect_eq "mode of $file" "$(stat -c %a "$file")" 444
done
for file in "$gpu"/gpupt/* /sys/kernel/gpupt/*; do
	[ "$file" != /sys/kernel/gpupt/report ] || continue
	text=$(su nobody -c "cat $file")
	expect_ne "what a user reads in $file" "$text" ""
	case $text in
	*ffff[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*) fail "$file has an address of the kernel: $text" ;;
	esac
done

log_mark
for file in $files; do
	write_to "$file" 1
	expect_errno 0
done
expect_ne "resets the card saw" "$(ctl p40a count sbr)" 0
expect_eq "driver" "$(driver_of "$(bdf p40a)")" vfio-pci
expect_log "gpupt_reset: IOMMU"
expect_no_log "gpupt_reset.*ffff[0-9a-f]{12}"

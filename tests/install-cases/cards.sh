# SPDX-License-Identifier: GPL-2.0
# timeout: 500
# ci: bookworm
# How cards are named, and which claims at boot are followed. The files of two cards are plain ones here, which
# take every write; boot_claims has the real ones.

. "$GPUPT_TESTS/lib/helper.sh"

pci=$root/sys/bus/pci/devices

# function BDF DEVICE CLASS
function_of_card() {
	mkdir -p "$pci/$1/gpupt"
	echo 0x10de >"$pci/$1/vendor"
	echo "0x$2" >"$pci/$1/device"
	echo "0x$3" >"$pci/$1/class"
	# What lspci wants.
	printf '\xde\x10\x%s\x%s' "${2:2}" "${2:0:2}" >"$pci/$1/config"
	head -c 60 /dev/zero >>"$pci/$1/config"
	for file in irq resource; do
		echo 0 >"$pci/$1/$file"
	done
}

gpu() {
	function_of_card "$1" "$2" "$3"
	echo 0 >"$pci/$1/gpupt_claim"
	echo "flr bus" >"$pci/$1/gpupt_reset"
	echo ok >"$pci/$1/gpupt/state"
}

claims() {
	echo "$(cat "$pci/0000:01:00.0/gpupt_claim") $(cat "$pci/0000:02:00.0/gpupt_claim")"
}

gpu 0000:01:00.0 2206 030000
function_of_card 0000:01:00.1 1aef 040300
gpu 0000:02:00.0 1b38 030200
mkdir -p "$root/sys/module/gpupt_reset"

for name in 01:00 01:00.0 01:00.1 0000:01:00 0000:01:00.0 10de:2206 10DE:2206 3080 "rtx 3080"; do
	gpupt_from_checkout claim "$name" --dry-run
	expect_rc 2
	expect_out '^  claim 0000:01:00 \(GA102 \[GeForce RTX 3080\]\) for vfio-pci$'
done
for name in 03:00 10de:2204 4090 0000:0; do
	gpupt_from_checkout claim "$name" --dry-run
	expect_rc 3
	expect_out '^  0000:02:00  10de:1b38  GP102GL \[Tesla P40\]$'
done
gpupt_from_checkout claim G --dry-run
expect_rc 3
expect_out 'is more than one card: name it by its slot'
mv "$pci/0000:02:00.0" "$root/tmp/"
gpupt_from_checkout claim '' --dry-run
expect_rc 3
mv "$root/tmp/0000:02:00.0" "$pci/"
expect_eq claims "$(claims)" "0 0"
gpupt_from_checkout list --json
expect_out '"slot": "0000:02:00"'
must sh -c "jq -e '.cards | length == 2 and (.[0].rungs == [\"flr\", \"bus\"]) and .[0].claimed == false' $(
	cp "$out" "$root/tmp/list" && echo /tmp/list)"

gpupt_from_checkout claim p40 3080
expect_rc 0
expect_eq claims "$(claims)" "1 1"
gpupt_from_checkout release 02:00 01:00 02:00
expect_rc 0
expect_eq claims "$(claims)" "0 0"
echo 0 >"$pci/0000:01:00.0/gpupt/state"
gpupt_from_checkout reset 01:00
expect_rc 1
expect_out 'the kernel said that it worked, and gpupt/state says 0'

# Claims at boot: the file of another card, of an empty slot, and one that others may write.
mkdir "$root/etc/gpupt.d"
echo "0000:01:00=10de:2204" >"$root/etc/gpupt.d/0000:01:00.conf"
gpupt_from_checkout claim --boot
expect_rc 5
expect_out 'has a 10de:2206 .GA102.*, not a 10de:2204'
echo "# mine
02:00=10de:1b38" >"$root/etc/gpupt.d/p40.conf"
gpupt_from_checkout claim --boot
expect_rc 5
expect_eq claims "$(claims)" "0 1"
rm "$root/etc/gpupt.d/0000:01:00.conf"
gpupt_from_checkout claim --boot
expect_rc 0
gpupt_from_checkout release 02:00
expect_out 'is claimed again at the next boot; with --boot it would not'
gpupt_from_checkout release 02:00 --boot --dry-run
expect_out 'remove /etc/gpupt.d/p40.conf'
chmod o+w "$root/etc/gpupt.d/p40.conf"
gpupt_from_checkout claim --boot
expect_rc 5
expect_out 'p40.conf is not followed'
expect_eq claims "$(claims)" "0 0"
chmod o-w "$root/etc/gpupt.d/p40.conf"
echo 0000:07:00 >"$root/etc/gpupt.d/p40.conf"
gpupt_from_checkout claim --boot
expect_rc 3
expect_out 'there is no NVIDIA card in 0000:07:00'

# What a word may be; a bad one costs itself, and is named by the unit and by status.
words_claim() {
	printf %b "$1" >"$root/etc/gpupt.d/p40.conf"
	echo 0 | tee "$pci/0000:01:00.0/gpupt_claim" >"$pci/0000:02:00.0/gpupt_claim"
	gpupt_from_checkout claim --boot
	expect_rc "$2"
	expect_eq "claims of $1" "$(claims)" "$3"
}
for word in 02:00 0000:02:00 02:00.0 0000:02:00.1 10DE:1B38 02:00=10de:1b38 0000:02:00.0=10de:1B38; do
	words_claim "$word" 0 "0 1"
done
words_claim 10de:1b38 0 "0 1"
gpupt_from_checkout list
expect_out '^0000:02:00 .*\+boot'
expect_no_out '^0000:01:00 .*\+boot'
# What is forced stays as it was written in these files.
words_claim '# both\r\n02:00,\t01:00.0\r\nforce\r\n' 1 "force force"
words_claim '0000:02.00.0 *\n01:00' 1 "1 0"
expect_out 'warning: /etc/gpupt.d/p40.conf: "0000:02.00.0" is left out: it is not a card \(such as 01:00'
expect_out '"\*" is left out'
gpupt_from_checkout status --no-color
expect_out '^BAD +claims +/etc/gpupt.d/p40.conf: "0000:02.00.0" is left out, it is not a card$'
gpupt_from_checkout release 01:00 --boot
expect_rc 1
expect_out 'names other cards as well \(0000:02.00.0\)'
bad="02:20 02:00.8 02:00= 02:00=10de 10de:1b3 10de:1b380 FORCE 0000:02:00:0 2204 p40"
words_claim "$bad" 1 "0 0"
for word in $bad; do
	expect_out "\"$word\" is left out"
done
words_claim 10de:2204 3 "0 0"
expect_out 'there is no NVIDIA card 10de:2204'
# An ID is of each card that has it.
echo 0x2206 >"$pci/0000:02:00.0/device"
words_claim 10de:2206 0 "1 1"
gpupt_from_checkout release 02:00 --boot
expect_rc 1
expect_out 'names other cards as well \(10de:2206\)'
echo 0x1b38 >"$pci/0000:02:00.0/device"
echo 0 | tee "$pci/0000:01:00.0/gpupt_claim" >"$pci/0000:02:00.0/gpupt_claim"

# Images that could not be made are made by the same command again, which does not say that all is done.
images() {
	printf '#!/bin/sh\necho made >>/tmp/images\nexit %s\n' "$1" >"$root/usr/sbin/update-initramfs"
	chmod 755 "$root/usr/sbin/update-initramfs"
}

rm "$root/etc/gpupt.d/p40.conf"
images 1
for _ in 1 2; do
	gpupt_from_checkout claim 01:00 --boot
	expect_rc 1
	expect_out 'update-initramfs failed'
done
expect_eq claims "$(claims)" "1 0"
gpupt_from_checkout status --no-color
expect_out 'BAD +initramfs +not up to date'
images 0
gpupt_from_checkout claim 01:00 --boot
expect_rc 0
gpupt_from_checkout status --no-color
expect_no_out 'not up to date'
gpupt_from_checkout claim 01:00 --boot
expect_rc 2
expect_eq "images were made" "$(wc -l <"$root/tmp/images")" 3
images 1
for _ in 1 2; do
	gpupt_from_checkout release 01:00 --boot
	expect_rc 1
	expect_no_file /etc/gpupt.d/0000:01:00.conf
done
images 0
gpupt_from_checkout release 01:00 --boot
expect_rc 0
expect_eq claims "$(claims)" "0 0"

# Force gets into a file that is there already, and so does the ID of the card that is in the slot now.
gpupt_from_checkout claim 01:00 --boot
expect_rc 0
gpupt_from_checkout claim 01:00 --boot --force
expect_rc 0
expect_eq "force" "$(grep -c '^force$' "$root/etc/gpupt.d/0000:01:00.conf")" 1
gpupt_from_checkout claim 01:00 --boot --force
expect_rc 2
echo "01:00=10de:2204" >"$root/etc/gpupt.d/0000:01:00.conf"
gpupt_from_checkout list
expect_no_out '\+boot'
gpupt_from_checkout claim 01:00 --boot
expect_rc 0
expect_eq "the card's ID" "$(grep -c '=10de:2206$' "$root/etc/gpupt.d/0000:01:00.conf")" 1
gpupt_from_checkout list
expect_out '0000:01:00 .*\+boot'
echo "01:00 02:00" >"$root/etc/gpupt.d/0000:01:00.conf"
gpupt_from_checkout claim 01:00 --boot --force
expect_rc 1
expect_out 'names other cards as well'
rm -r "$root/etc/gpupt.d"

# Nobody reads along; and the module is gone.
gpupt_from_checkout claim 02:00 --quiet
expect_rc 0
expect_eq "said" "$(cat "$out")" ""
in_root mv /usr/bin/jq /tmp/jq
gpupt_from_checkout release 02:00 --json
expect_rc 0
in_root mv /tmp/jq /usr/bin/jq
gpupt_from_checkout release 02:00 --json
expect_rc 2
cp "$out" "$root/tmp/json"
must sh -c 'sed /nothing/d /tmp/json; grep -v "^nothing" /tmp/json | jq -e ".result == \"nothing\" and .error == null and .plan == []"'
rmdir "$root/sys/module/gpupt_reset"
gpupt_from_checkout release 02:00
expect_rc 1
expect_out 'is not loaded, so there is no claim to end'

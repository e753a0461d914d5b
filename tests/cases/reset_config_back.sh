# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+rtx4090+rtx5090
# ci: 6.12 7.2
# Config space after a reset is what it was: BAR sizes, ASPM, LTR, payload size, all of it but what the
# reset is said to leave off. (MSI is off on an idle card; of an open one the kernel restores it.) Also after a reset of a hung card, from the snapshot.

# settings: what firmware, the kernel and a user may have set, unlike the card's defaults
settings() {
	local b
	b=$(bdf rtx4090)
	# 64 MiB of BAR 1 instead of 256.
	echo 6 >"$(device rtx4090)/resource1_resize"
	config "$b" 0x88 2=0x0143 >/dev/null	# Link Control: ASPM L0s and L1, common clock
	config "$b" 0xa0 2=0x0400 >/dev/null	# Device Control 2: LTR
	config "$b" 0x254 4="$1" >/dev/null	# LTR: latencies
	config "$b" 0x0c 1=0x10 >/dev/null	# cache line size
}

# config_of FUNCTION: config space without the Status registers
config_of() {
	hexdump -v -e '1/4 "%08x\n"' "$(device rtx4090 "$1")/config" |
		awk '{ off = (NR - 1) * 4 }
			off == 4 || off == 128 || off == 136 { $1 = "...." substr($1, 5) }
			{ printf "%03x %s\n", off, $1 }'
}

settings 0x10031003
expect_eq "BAR 1, before" "$(stat -c %s "$(device rtx4090)/resource1")" 67108864
load_module
for fn in 0 1; do config_of $fn >/tmp/before.$fn; done
expect_eq "dwords" "$(wc -l </tmp/before.0)" 1024
expect_eq "LTR, before" "$(config rtx4090 0x254 4)" 10031003
for how in flr bus bus-long hung; do
	[ $how != hung ] || ctl rtx4090 hang config sbr
	case $how in
	hung) reset_card rtx4090 ;;
	*) reset_card rtx4090 $how ;;
	esac
	expect_errno 0
	for fn in 0 1; do
		config_of $fn >/tmp/after.$fn
		# What was hung is left with decoding off, for its next driver to turn on.
		[ $how != hung ] || sed -i '/^004 /d' /tmp/before.$fn /tmp/after.$fn
		diff /tmp/before.$fn /tmp/after.$fn || :
		expect cmp /tmp/before.$fn /tmp/after.$fn
	done
	expect_alive rtx4090
done

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2154,SC3043
#
# The guest's part of tests/demo. Every claim it prints is checked first: it ends early, with a
# failure, when a card does not behave as announced.
set -eu
. /lib.sh

title() {
	echo
	echo "== $*"
}

# does COMMAND...: print it as a user would type it, and run it
does() {
	echo "# $*"
	"$@" 2>&1 | sed 's/^/    /'
}

write_shown() {
	echo "# echo $2 >$1"
	write_to "$1" "$2" >/dev/null
	echo "    errno $errno after $ms ms"
}

show_bars() {
	echo "    BARs the kernel assigned: $(resource_bars "$1")"
	echo "    BARs the card has now:    $(config_bars "$1")"
}

# The VFIO client's lines, without the address it is called with anyway.
shown_client() {
	echo "# vfioc $*"
	client "$@" >/tmp/said || true
	echo "$said" | sed 's/^/    /'
}

p40=$(bdf p40a)
gpu=$(bdf r3080)
both=$(bdfs r3080)
dir=/sys/bus/pci/devices

title "a host with Linux $(uname -r), a Tesla P40 ($p40) and an RTX 3080 ($both)"
for b in "$p40" "$gpu" "$(bdf r3080 1)"; do
	echo "    $b $(sed 's/^0x//' $dir/"$b"/vendor):$(sed 's/^0x//' $dir/"$b"/device)  reset methods: $(cat $dir/"$b"/reset_method 2>/dev/null || echo none at all)"
done

title "a guest leaves both hung: their configuration reads all-ones, only a bus reset can revive them"
ctl p40a hang config sbr
ctl r3080 hang config sbr
echo "    $p40 answers $(config p40a 0 4), $gpu answers $(config r3080 0 4)"

title "the stock kernel, P40"
write_shown $dir/"$p40"/reset 1
show_bars "$p40"
stock=
if [ "$(config_bars "$p40")" != "$(resource_bars "$p40")" ]; then
	echo "    -> \"success\", but the all-ones were saved and written back: the card is alive and unusable"
	stock="reported the P40 as reset with garbage in its BARs, and "
else
	echo "    -> this kernel gets the P40 right"
fi

title "the stock kernel, RTX 3080: an FLR cannot reach a dead function, a bus reset is not offered for two"
write_shown $dir/"$gpu"/reset_method bus
[ "$errno" != 0 ] || fail "the stock kernel was not expected to offer a bus reset for two functions"
write_shown $dir/"$gpu"/reset_method flr
if kernel_at_least 7 0; then
	write_shown $dir/"$gpu"/reset 1
	echo "(a virtual machine starts)"
	bind_card r3080
	shown_client "$both" open id
	echo "$said" | grep -q ' open rc=0' || fail "the stock kernel was not expected to refuse the dead card"
	echo "$said" | grep -q 'id .*errno=DEAD' || fail "the card was not expected to be alive"
	echo "    -> the machine was given a dead card, without an error"
	settle
	wrong="handed the dead 3080 to a virtual machine"
else
	echo "    (writing 1 to reset, or starting a virtual machine, now takes more than a minute;"
	echo "    tests/cases/stock_3080.sh does both)"
	[ "$(config r3080 0 4)" = ffffffff ] || fail "the 3080 is alive already"
	echo "    -> $gpu still answers $(config r3080 0 4)"
	wrong="left the 3080 dead"
fi

power_cycle p40a
power_cycle r3080
title "(power cycle, as the owner of such a host would do) and now with the module"
log_mark
does insmod /gpupt_reset.ko
ctl p40a hang config sbr
ctl r3080 hang config sbr
echo "    both hung again: $(config p40a 0 4), $(config r3080 0 4)"
write_shown $dir/"$p40"/gpupt_reset 1
[ "$errno" = 0 ] || fail "the P40 did not come back"
p40_ms=$ms
show_bars "$p40"
write_shown $dir/"$gpu"/gpupt_reset 1
[ "$errno" = 0 ] || fail "the 3080 did not come back"
gpu_ms=$ms
show_bars "$gpu"
expect_alive p40a >/dev/null
expect_alive r3080 >/dev/null

title "a virtual machine starts on each, and finds a card that was hung again just before"
bind_card p40a
bind_card r3080
ctl p40a hang config sbr
ctl r3080 hang config sbr
shown_client "$p40" open id bars enable bar0 reset close
[ "$rc" = 0 ] || fail "the P40's machine did not start"
shown_client "$both" open id enable bar0@0 reset@0 close
[ "$rc" = 0 ] || fail "the 3080's machine did not start"

title "what the host's log says"
log_since | grep gpupt_reset | sed 's/^/    /'
for card in p40a r3080; do
	[ "$(attr $card failures)" = 0 ] || fail "a reset of $card failed"
done
resets=$(($(attr p40a resets) + $(attr r3080 resets)))

title "proved on Linux $(uname -r), with emulated cards"
echo "A hung Tesla P40 came back in $p40_ms ms and a hung RTX 3080 in $gpu_ms ms with their real configuration;"
echo "both started a virtual machine after hanging again; $resets resets, 0 failures."
echo "The stock kernel ${stock:-}$wrong."

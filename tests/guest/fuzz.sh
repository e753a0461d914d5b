# shellcheck shell=dash disable=SC2034,SC2154,SC3043
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by the cases fuzz_*: random input to everything that takes any. GPUPT_SEED of the host's
# environment (tests/lib/machine.sh) is the seed; without it that is 1, and another one in each long run.

case ${GPUPT_SEED:-}$GPUPT_CASE in
[0-9]*) seed=$GPUPT_SEED ;;
*_long) seed=$(hexdump -n 2 -e '1/2 "%u"' /dev/urandom) ;;
*) seed=1 ;;
esac
echo "seed $seed (GPUPT_SEED=$seed tests/vm --kernel ... --case $GPUPT_CASE)"
echo "gpupt-test: seed $seed" >/dev/kmsg

# fuzz KIND FILE N [WORD=ERRNO...]: vfioc's, whose last line is left in $said
fuzz() {
	local kind=$1 file=$2
	shift 2
	checked
	said=$(vfioc --fuzz "$kind" "$file" "$seed" "$@") || fail "$kind $file, seed $seed: $said"
	echo "$kind $file: $said"
}

# said_number WORD: what stood behind it there
said_number() {
	local n
	n=${said##*"$1 "}
	echo "${n%% *}"
}

# resets_of CARD: that the card itself has seen
resets_of() {
	echo $(($(ctl "$1" count flr) + $(ctl "$1" count sbr)))
}

# fuzz_refused CARD N: texts that are no word of the file
fuzz_refused() {
	local card=$1 n=$2 flr=flr=-
	case $(cat "$(device "$card")/gpupt_reset") in
	flr*) ;;
	*) flr=flr=EOPNOTSUPP ;;
	esac
	ctl "$card" clear
	fuzz write "$(device "$card")/gpupt_reset" "$n" 1=- bus=- bus-long=- slot-power=- rescan=- $flr
	fuzz write "$(device "$card")/gpupt_claim" "$n" 1=- 0=- force=-
	expect_eq "resets that $card saw" "$(resets_of "$card")" 0
	expect_eq "resets of $card" "$(attr "$card" resets)" 0
	expect_eq "claims of $card" "$(claimed "$card")" 0
}

# fuzz_accepted CARD N: these words among others
fuzz_accepted() {
	local card=$1 n=$2
	fuzz write "$(device "$card")/gpupt_reset" "$n" 1=0 bus=0 flr=- bus-long=- slot-power=- rescan=-
	expect_eq "resets of $card" "$(attr "$card" resets)" "$(said_number accepted)"
	expect_eq "failures of $card" "$(attr "$card" failures)" 0
	fuzz write "$(device "$card")/gpupt_claim" "$n" 1=0 0=0 force=0
	expect_at_least "claims and ends of claims of $card" "$(said_number accepted)" 1
	claim "$card" 0
	expect_errno 0
}

# fuzz_files N FILE...: those that can be read, and are not written
fuzz_files() {
	local n=$1 file
	shift
	for file; do
		fuzz read "$file" "$n"
		write_to "$file" 1
		expect_errno EACCES
	done
}

# fuzz_attributes N
fuzz_attributes() {
	local card n=$1
	load_module
	log_mark
	for card in p40a r3080; do
		fuzz_refused "$card" "$n"
	done
	fuzz write /sys/kernel/gpupt/report "$n" 1=-
	# Who writes nonsense cannot fill the log with it.
	expect_log_count 0 gpupt_reset

	for card in p40a r3080; do
		fuzz_accepted "$card" $((n / 10))
		fuzz_files $((n / 4)) "$(device "$card")"/gpupt/*
	done
	fuzz write /sys/kernel/gpupt/report $((n / 40)) 1=0
	for card in hook version iommu iommu_domain interrupt_remapping; do
		fuzz_files $((n / 4)) "/sys/kernel/gpupt/$card"
	done
	expect_at_most "lines in the log" "$(log_since | wc -l)" $((n * 4))

	expect_eq "parameters that can be seen" "$(ls /sys/module/gpupt_reset/parameters)" gb202_flr
	write_to /sys/module/gpupt_reset/parameters/gb202_flr 1
	expect_errno EACCES
	for card in p40a r3080; do
		reset_card "$card"
		expect_errno 0
		expect_eq "state of $card" "$(attr "$card" state)" ok
		expect_alive "$card"
		expect_eq "verdict of $card" "$(ctl "$card" verdict)" alive
	done
}

# fuzz_parameters N
fuzz_parameters() {
	local before card fn n=$1
	before=$(methods p40a)
	log_mark
	fuzz load /gpupt_reset.ko "$n"
	expect_at_least "sets of values that were accepted" "$(said_number accepted)" $((n / 10))
	expect_at_least "sets of values that were refused" "$(said_number refused)" $((n / 10))
	expect_at_most "lines in the log" "$(log_since | wc -l)" $((n * 60))
	expect_eq "methods afterwards" "$(methods p40a)" "$before"
	for card in p40a r3080; do
		expect_not test -e "$(device "$card")/gpupt_reset"
		expect_not test -e "$(device "$card")/gpupt"
		case " $(overrides_of "$card") " in
		*[!\ -]*) fail "driver_override of $card is left: $(overrides_of "$card")" ;;
		esac
	done
	load_module
	reset_card r3080
	expect_errno 0
	expect_eq "state" "$(attr r3080 state)" ok
	# What was claimed stays vfio-pci's when the module is unloaded.
	for card in $GPUPT_CARDS; do
		for fn in $(functions "${card%%:*}"); do
			[ "$(driver_of "$(bdf "${card%%:*}" "$fn")")" != vfio-pci ] ||
				unbind "$(bdf "${card%%:*}" "$fn")"
		done
	done
}

# reset_and_judge CARD WORD: the worst that can be is a success on a card that is not alive.
reset_and_judge() {
	local card=$1 word=$2 verdict state before
	before=$(attr "$card" resets)
	reset_card "$card" "$word"
	expect_within "milliseconds" "$ms" 90000
	verdict=$(ctl "$card" verdict)
	state=$(attr "$card" state 2>/dev/null || echo gone)
	echo "$card: errno $errno, state $state, verdict $verdict"
	[ "$verdict" = alive ] || {
		expect_ne "errno of a reset with the verdict $verdict" "$errno" 0
		# Nothing was tried, as on a card that did not answer for a moment: the state is that of the last reset.
		[ "$(attr "$card" resets 2>/dev/null || :)" = "$before" ] ||
			expect_ne "state with the verdict $verdict" "$state" ok
	}
}

# show_kernel CARD: what was scrambled is going to be enumerated, by code that is not tested here: its lists end.
show_kernel() {
	ctl "$1" finite
}

# scramble_once CARD SEED: nonsense before, or in the middle of, a reset
scramble_once() {
	local card=$1 s=$2 word level after='' found=''
	# One rung takes seconds to fail, all of them half a minute.
	case $((s % 8)) in
	7) word=1 ;;
	1 | 5) word=$(cut -d ' ' -f 1 "$(device "$card")/gpupt_reset") ;;
	*) word=bus ;;
	esac
	case $((s / 8 % 4)) in
	0) level=sbr ;;
	1) level=power ;;
	*) level=never ;;
	esac
	[ $((s / 32 % 3)) != 0 ] || after=$((s * 7919 % 200))
	echo "$card: scramble $s $level $after, then $word"
	ctl "$card" scramble "$s" $level $after
	# The last rung finds the card anew.
	[ "$word" != 1 ] || show_kernel "$card"
	if [ -n "$after" ]; then
		# It may begin right after the card was seen alive; the next reset has it from the start. Not if the
		# kernel has found the card anew meanwhile: what it made of the nonsense is the card then.
		reset_card "$card" "$word"
		expect_within "milliseconds" "$ms" 90000
		[ "$word" != 1 ] || found=1
		word=bus
	fi
	[ -n "$found" ] || [ ! -e "$(device "$card")/gpupt_reset" ] || reset_and_judge "$card" "$word"
	ctl "$card" heal
	power_cycle "$card"
	reset_card "$card"
	expect_errno 0
	expect_eq "verdict of $card" "$(ctl "$card" verdict)" alive
	expect_eq "state of $card" "$(attr "$card" state)" ok
}

# scramble_for CARD SECONDS: seeds that no other card has
scramble_for() {
	local card=$1 end s=$((seed * 1000003)) n=0
	s=$(((s + $(slot "$card") * 4001) % 4000000000))
	end=$(($(now) + $2 * 1000))
	while [ "$(now)" -lt "$end" ]; do
		scramble_once "$card" $((s + n * 11))
		n=$((n + 1))
	done
	echo "$n seeds from $s in steps of 11" >"/tmp/tried.$card"
}

# fuzz_card SECONDS: all cards, side by side
fuzz_card() {
	local card list='' pids='' pid bad=
	load_module
	for card in $GPUPT_CARDS; do
		list="$list ${card%%:*}"
	done
	for card in $list; do
		(scramble_for "$card" "$1") >"/tmp/out.$card" 2>&1 &
		pids="$pids $card=$!"
	done
	for pid in $pids; do
		card=${pid%%=*}
		wait "${pid#*=}" || bad="$bad $card"
		echo "$card: $(cat "/tmp/tried.$card" 2>/dev/null || tail -n 30 "/tmp/out.$card")"
	done
	cat /tmp/tried.* >/dev/kmsg 2>/dev/null || :
	[ -z "$bad" ] || fail "seed $seed:$bad"
	unload_module
	load_module
	for card in $list; do
		reset_card "$card"
		expect_errno 0
		expect_eq "verdict of $card" "$(ctl "$card" verdict)" alive
	done
}

# fuzz_card_load N: the module comes to cards that are nonsense already, every other time also to the kernel
fuzz_card_load() {
	local card list='' n=0 state
	for card in $GPUPT_CARDS; do
		list="$list ${card%%:*}"
	done
	while [ "$n" -lt "$1" ]; do
		for card in $list; do
			ctl "$card" scramble $(((seed * 1000003 + n * 64 + $(slot "$card")) % 4000000000)) never
			[ $((n % 2)) = 0 ] || {
				show_kernel "$card"
				replug "$card" || :
			}
		done
		load_module
		for card in $list; do
			state=$(attr "$card" state 2>/dev/null || echo gone)
			echo "$card: state $state, verdict $(ctl "$card" verdict)"
			expect_ne "state of $card, which no reset has verified" "$state" ok
			cat "$(device "$card")"/gpupt/* "$(device "$card")/gpupt_reset" >/dev/null 2>&1 || :
		done
		write_to /sys/kernel/gpupt/report 1
		expect_errno 0
		unload_module
		for card in $list; do
			ctl "$card" heal
			[ $((n % 2)) = 0 ] || power_cycle "$card"
		done
		n=$((n + 1))
	done
	load_module
	for card in $list; do
		reset_card "$card"
		expect_errno 0
		expect_eq "state of $card" "$(attr "$card" state)" ok
		expect_eq "verdict of $card" "$(ctl "$card" verdict)" alive
	done
}

# shellcheck shell=dash disable=SC2034,SC2154,SC3043
# SPDX-License-Identifier: GPL-2.0
#
# Tries the cells of /plan (see tests/matrix/plan) for the cases that are called matrix_*. A cell is
# a fault on a card, and one of three doors:
#   reset   echo 1 > gpupt_reset
#   vfio    a VFIO client opens every function, as the start of a virtual machine does
#   stock   echo 1 > reset, without the module
#   qemu    a machine that decides as QEMU does is started, reset, ended and started again (see
#           tests/matrix/machines), without the module ("qemu-stock") and then with it
# The emulated card itself says afterwards whether it is alive ("ctl CARD verdict"). Success on a
# card that is not alive fails the cell, and so does a refusal where a rung should have cured it,
# or another rung than the first that should. Cards are independent and tried side by side.
#
# The host gets one line for each: cell CARD PORTS FAULT DOOR ok|FAIL ERRNO RUNG MS WORDS...

. /machine.sh

# How long the start of a virtual machine may take with a card that does not answer at all (the stock
# kernel takes a minute and more; six to ten seconds where vfio_dead_card has one alone, and up to twice
# that were seen here, with fifteen other cards that are busy on a busy host), and with one whose firmware,
# firewall or registers are given time, ten seconds a rung.
SILENT_MS=30000
WAIT_MS=40000

# tell STATE ERRNO RUNG MS WORDS...
tell() {
	echo "cell $card $ports $fault $door $*" >>"/tmp/cells.$card"
	echo "cell $card $ports $fault $door $*" >&8
}

verdict() {
	ctl "$card" verdict
}

# broken WORDS...: the cell could not be tried, or no result makes sense
broken() {
	wreck=y
	tell FAIL "${errno:--}" - "${ms:-0}" "$*"
}

# afflict: sets the fault on a card that is as after a fresh boot, with a power cycle only where the
# last cell left a wreck. One call for all of it: a guest without KVM spends its time on processes.
afflict() {
	local command replies IFS
	[ -z "$wreck" ] || power_cycle "$card" || return 1
	[ -z "$wreck$fresh" ] || show_signs || return 1
	wreck=
	fresh=
	set -- "$card healthy" "$card verdict"
	IFS=';'
	for command in $commands; do
		set -- "$@" "$card $command"
	done
	replies=$(vfioc --control /dev/ttyS2 "$@" "$card verdict") || return 1
	echo "$replies"
	truth=${replies##*ok }
	case $replies in
	*err* | "ok
ok dead"*) return 1 ;;
	esac
	[ "$truth" = "$now" ] || [ "$truth" = "dead $now" ]
}

# show_signs: firmware counts against a card only after it has shown how it is after a reset
show_signs() {
	case $door in
	stock | qemu) return 0 ;;
	esac
	[ -e "$path/gpupt_reset" ] || return 0
	vfioc --control /dev/ttyS2 "$card healthy" && echo 1 >"$path/gpupt_reset"
}

# well: the same without a fault
well() {
	local now=alive commands=''
	afflict
}

# judge RUNG: $errno by what the card says now
judge() {
	local expected=${cures%%,*} truth why=''
	truth=$(verdict)
	case $errno:$truth in
	0:alive)
		if [ "$expected" = none ] && [ "$now" != alive ]; then
			why="nothing should have cured it"
		elif [ "$1" != "$expected" ] && [ "$1" != - ]; then
			why="cured by $1, not by $expected"
		fi
		;;
	# What firmware says of itself is not enough to keep a user from a card that answers
	# otherwise. But the module has to say what it thinks of it.
	"0:dead boot" | "0:dead wpr2")
		[ "$door:$(attr "$card" state):$expected" = vfio:hung:none ] || why="false success"
		;;
	0:*) why="false success" ;;
	*:alive) why="called dead, but it is alive" ;;
	*) [ "$expected" = none ] || why="not cured by $expected" ;;
	esac
	[ "$errno" = 0 ] || wreck=y
	if [ -z "$why" ]; then
		tell ok "$errno" "$1" "$ms" "$truth"
	else
		tell FAIL "$errno" "$1" "$ms" "$truth: $why"
	fi
}

door_reset() {
	local state rung=-
	write_to "$path/gpupt_reset" 1
	state=gone
	[ ! -e "$path/gpupt" ] || read -r state <"$path/gpupt/state"
	case $errno:$state in
	0:ok) read -r rung <"$path/gpupt/last_rung" && judge "$rung" ;;
	# Gone: no rung gave its functions back to the bus.
	[!0]*:hung | [!0]*:dead | [!0]*:gone) judge - ;;
	*) broken "gpupt/state says $state" ;;
	esac
}

# The first function is the GPU. While they are open the client's own view counts as well. Its lines
# are waited for, not looked for: that would keep the cells of other cards from running.
door_vfio() {
	local pid fn line opened='' dead='' limit=$WAIT_MS
	case $commands in
	*"hang config"* | link-dead*) limit=$SILENT_MS ;;
	esac
	bind_card "$card"
	vfioc "$(bdfs "$card")" open id hang >"/tmp/pipe.$card" 2>&1 &
	pid=$!
	while read -r line && [ "$line" != hang ]; do
		echo "$line"
		opened=${opened:-$line}
		case $line in
		*" id rc=-1 errno=DEAD"*) dead=$line ;;
		esac
	done <"/tmp/pipe.$card"
	errno=${opened#*errno=}
	errno=${errno%% *}
	ms=${opened#*ms=}
	ms=${ms%% *}
	if [ "$opened" = "${opened#* open }" ]; then
		ms=0
		broken "the client said nothing of an open"
	elif [ "$ms" -gt $((limit * slow)) ]; then
		broken "the open took more than $((limit * slow)) ms"
	# Without the GPU there is no machine; the other functions are opened as they are on the stock kernel.
	elif [ -n "$dead" ] && [ "$errno" = 0 ]; then
		broken "a dead function was opened: $(verdict)"
	else
		judge -
	fi
	kill -9 "$pid"
	wait "$pid" || :
	for fn in $(functions "$card"); do
		unbind "$(bdf "$card" "$fn")" || :
	done
}

# The stock kernel's hot-plug driver goes on powering a silent card on and off, and with 7.x takes one
# that is late for another, removes and finds it. Once the card is healthy that comes to an end; the
# next cell begins when nothing has changed for longer than a power cycle takes.
door_stock() {
	local truth
	stock_reset "$card"
	truth=$(verdict)
	tell ok "$errno" - "$ms" "$truth"
	ctl "$card" healthy
	wait_until 30 is_quiet || echo "$card does not come to rest"
	wreck=y
}

# note STEP: its error, what the card says after it, and which functions are as the guest left them. The stock kernel does
# not wait for firmware, which gets its time here.
note() {
	local replies truth
	[ "$record" != "$stock" ] || wait_until 3 has_booted || :
	replies=$(vfioc --control /dev/ttyS2 "$card verdict" "$card soiled") || return 1
	truth=${replies%%
*}
	truth=${truth#ok }
	echo "$1 $errno ${truth##* } $(echo "${replies##*ok }" | tr ' ' ,)" | tee -a "$record"
}

has_booted() {
	case $(verdict) in
	"dead boot" | "dead firewall") return 1 ;;
	esac
}

# Functions that the hot-plug driver took for pulled out are bound again when they are found again.
bind_again() {
	local fn
	for fn in $(functions "$card"); do
		wait_until 5 test -e "$(device "$card" "$fn")" || return 1
		[ "$(driver_of "$(bdf "$card" "$fn")")" = vfio-pci ] || (bind_vfio "$(bdf "$card" "$fn")") || return 1
	done
}

# compare: $why is the first step after which the card is worse off with the module than it was without: it is dead and was
# alive, a function is as the last guest left it and was not, the client got an error and had none although the card was
# alive; or the client was told that a dead card had been reset.
compare() {
	local step errno_was truth_was dirt_was errno truth dirt fn
	why=''
	paste -d ' ' "$stock" "$record" >"/tmp/both.$card"
	while read -r step errno_was truth_was dirt_was _ errno truth dirt; do
		case $truth_was:$truth in
		alive:alive) ;;
		alive:*) why="$truth after $step, alive without the module" ;;
		esac
		for fn in $(echo "$dirt" | tr , ' '); do
			case ,$dirt_was,none, in
			*",$fn,"*) ;;
			*) why=${why:-"function $fn not reset by $step, but without the module"} ;;
			esac
		done
		case $errno_was:$truth_was:$errno in
		0:alive:0) ;;
		0:alive:*) why=${why:-"$step: $errno, not without the module"} ;;
		esac
		# Of a kind that nobody knows the bus resets are the kernel's own, in all they do.
		case $card:$errno_was:$truth_was in
		future:0:alive) ;;
		future:0:*) continue ;;
		esac
		case $step:$errno:$truth in
		start:0:alive | system_reset:0:alive) ;;
		start:0:* | system_reset:0:*) why=${why:-"$step: success, but $truth"} ;;
		esac
		[ -z "$why" ] || break
	done <"/tmp/both.$card"
}

# door_qemu: $now are the functions that the machine has, $cures is its end
door_qemu() {
	local machine said devices first took time why='' stock record
	stock=/tmp/stock.$card.$fault
	record=$stock
	[ ! -d /sys/module/gpupt_reset ] || record=/tmp/ours.$card.$fault
	: >"$record"
	bind_card "$card"
	case $now in
	gpu) devices=$(bdf "$card") ;;
	*) devices=$(bdfs "$card") ;;
	esac
	[ "$cures" != never ] || ctl "$card" "$commands"
	tick
	took=$time
	machine_on "$devices" system_reset wait quit
	tick
	took=$((time - took))
	note start
	first=$errno
	if [ "$cures" = never ]; then
		machine_off kill
		note end
	else
		ctl "$card" soil
		[ -z "$commands" ] || ctl "$card" "$commands"
		machine_next
		note system_reset
		ctl "$card" soil
		machine_off "$cures"
		wait_until 30 is_quiet || echo "$card does not come to rest"
		note "$cures"
		bind_again || :
		machine_on "$devices" quit
		note start
		machine_off quit
	fi
	# Whatever the last step was: a dead card is slow to remove, and the next machine is another one.
	ctl "$card" healthy
	wait_until 30 is_quiet || echo "$card does not come to rest"
	wreck=y
	errno=$first
	set -- "$(awk '{ print $3 }' "$record" | tail -n 1)" "$(tr '\n' ' ' <"$record")"
	if [ "$record" = "$stock" ]; then
		door=qemu-stock
		tell ok "$first" - "$took" "$*"
		return
	fi
	compare
	if [ -z "$why" ]; then
		tell ok "$first" - "$took" "$*"
	else
		tell FAIL "$first" - "$took" "$1: $why; without: $(tr '\n' ' ' <"$stock") with: $2"
	fi
}

is_quiet() {
	local n before
	before=$(at_rest)
	for n in 1 2 3 4 5 6 7 8; do
		usleep 400000
		[ "$(at_rest)" = "$before" ] || return 1
	done
}

at_rest() {
	local fn
	verdict
	for fn in $(functions "$card"); do
		[ ! -e "$(device "$card" "$fn")" ] || echo "$fn"
	done
}

# worker: the cells of $card, one after the other
worker() {
	local wreck='' fresh=y door fault now cures commands truth path errno ms
	path=$(device "$card")
	[ -p "/tmp/pipe.$card" ] || mkfifo "/tmp/pipe.$card"
	while read -r door fault now cures commands; do
		echo "--- $fault by $door"
		errno=''
		ms=''
		truth=''
		if [ "$door" = qemu ]; then
			if well; then door_qemu; else broken "it was not alive"; fi
		elif ! afflict; then
			broken "it was not alive, or the fault made it '$truth', not '$now'"
		else
			"door_$door"
		fi
	done <"/tmp/plan.$card"
	# The module is loaded next.
	[ -z "$wreck" ] || [ -d /sys/module/gpupt_reset ] || power_cycle "$card"
	: >"/tmp/done.$card"
}

# matrix PORTS DOOR...: all cells that the plan has for these
matrix() {
	local ports=$1 doors=$* workers='' card cards
	cards=$(awk '{ print $1 }' /plan | sort -u)
	for card in $cards; do
		card_entry "$card" 2>/dev/null || continue
		awk -v card="$card" -v ports="$ports" -v doors=" $doors " '
			$1 == card && $2 == ports && index(doors, " " $3 " ") {
				sub($1 " " $2 " ", "")
				print
			}' /plan >"/tmp/plan.$card"
		[ -s "/tmp/plan.$card" ] || rm "/tmp/plan.$card"
		[ -e "/tmp/plan.$card" ] || continue
		: >"/tmp/cells.$card"
		rm -f "/tmp/done.$card"
		worker >"/tmp/log.$card" 2>&1 &
		workers="$workers $!"
	done
	for card in $workers; do
		wait "$card" || :
	done
	for card in $cards; do
		[ -e "/tmp/plan.$card" ] || continue
		if [ ! -e "/tmp/done.$card" ] || grep -q ' FAIL ' "/tmp/cells.$card"; then
			sed "s/^/$card: /" "/tmp/log.$card"
		fi
	done
	for card in $cards; do
		[ -e "/tmp/plan.$card" ] || continue
		expect_eq "$card: cells" "$(grep -c . "/tmp/cells.$card" || :)" \
			"$(grep -c . "/tmp/plan.$card" || :)"
		expect test -e "/tmp/done.$card"
	done
}

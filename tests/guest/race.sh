# shellcheck shell=dash disable=SC2034,SC2154,SC3043,SC3045
# SPDX-License-Identifier: GPL-2.0
#
# Races, for the cases that are called race_*: actors, which are commands, run side by side, each over
# and over with a pause of random length. What is drawn depends on the seed alone; who is first, on the
# machine. In the host's environment, as in GPUPT_SEED=5 GPUPT_RACE=60 tests/vm --case race_reset:
#   GPUPT_SEED=N    the seed, as a run has said it
#   GPUPT_RACE=S    each race lasts S seconds instead of what its case has for CI
#
# An actor succeeds or fails each time. It has to succeed once, or the race was none; what it fails
# with has to be an error that the case knows.

# draw N: sets $drawn to a number from 0 to N - 1
draw() {
	random=$(((random * 1103515245 + 12345) & 0x7fffffff))
	drawn=$(((random >> 8) % $1))
}

# pick WORD...: sets $picked to one of them
pick() {
	draw $#
	shift "$drawn"
	picked=$1
}

# doze MS: up to so long
doze() {
	draw "$1"
	usleep $((drawn * 1000))
}

# While somebody has not succeeded yet, a race goes on for so long, in which the others pause for longer.
GRACE_MS=$((20000 * slow))

# all_won ACTORS
all_won() {
	local actors=$1
	set -- /tmp/race/*.won
	[ $# = "$actors" ]
}

# over ACTORS: is the race?
over() {
	tick
	[ "$time" -ge "$deadline" ] && { [ "$time" -ge $((deadline + GRACE_MS)) ] || all_won "$1"; }
}

# linger MS ACTORS: as doze, but not beyond the end of the race
linger() {
	local end
	draw "$1"
	tick
	end=$((time + drawn))
	until over "$2" || [ "$time" -ge $end ]; do
		usleep 200000
	done
}

# act N ACTORS ACTOR...: what race() does with the Nth actor; its errors are in /tmp/race/N.errors
act() {
	local n=$1 actors=$2 good=0 bad=0
	shift 2
	random=$((seed + n * 7919))
	until over "$actors"; do
		if "$@"; then
			good=$((good + 1))
			: >"/tmp/race/$n.won"
		else
			bad=$((bad + 1))
		fi
		if [ "$good" -gt 0 ] && [ "$time" -ge "$deadline" ]; then
			linger $((4000 * slow)) "$actors"
		else
			doze "$pause"
		fi
	done >/dev/null 2>"/tmp/race/$n.errors"
	echo "$good $bad" >"/tmp/race/$n.count"
}

# race SECONDS ACTOR...: each actor is one word, with its arguments in it. $pause is how long they pause
# at most, in milliseconds, and $known what they may say when they fail (a regular expression).
# Sets $successes: of all actors, in their order.
race() {
	local seconds actor n=0 actors pids='' good bad unknown
	seconds=${GPUPT_RACE:-$1}
	shift
	actors=$#
	rm -rf /tmp/race
	mkdir /tmp/race
	echo $((30 * slow)) >/proc/sys/kernel/hung_task_timeout_secs
	tick
	deadline=$((time + seconds * 1000))
	for actor; do
		n=$((n + 1))
		# shellcheck disable=SC2086	# an actor with its arguments
		act $n $actors $actor &
		pids="$pids $!"
	done
	for n in $pids; do
		wait "$n"
	done
	tick
	echo "the race took $((seconds + (time - deadline) / 1000)) s"
	n=0
	successes=
	for actor; do
		n=$((n + 1))
		read -r good bad <"/tmp/race/$n.count"
		echo "$actor: $good successes, $bad failures"
		# The shell would create a file that is not there, which sysfs does not permit.
		sed "s/.*can't create .*/No such file or directory/; s/.*: //" "/tmp/race/$n.errors" |
			sort | uniq -c >/tmp/race/said
		cat /tmp/race/said
		successes="$successes${successes:+ }$good"
		unknown=$(sed 's/^ *[0-9]* //' /tmp/race/said | grep -v -x -E "$known" | head -n 1 || :)
		expect_eq "$actor: an error it must not have" "$unknown" ''
		expect_at_least "$actor: successes" "$good" 1
	done
}

# A pause and errors that most races share: somebody else has the card, or it is gone for the moment.
pause=40
known='Device or resource busy|No such device|No such file or directory'

seed=${GPUPT_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
random=$seed
echo "gpupt-test: seed $seed"
echo "gpupt-test: seed $seed" >/dev/kmsg

# --- actors ---

# put FILE TEXT...: writes one of the texts
put() {
	local file=$1
	shift
	pick "$@"
	echo "$picked" >"$file"
}

# look FILE...: reads them
look() {
	cat "$@"
}

# killed BDFS CALL...: a machine that is killed at any moment, now and then not before it has started;
# succeeds when it had
killed() {
	local pid said=/tmp/race/killed.$n
	vfioc "$@" hang >"$said" &
	pid=$!
	draw 3
	if [ "$drawn" = 0 ]; then
		doze 600
	else
		wait_until 10 grep -q "open rc" "$said" || :
		! grep -q "open rc=0" "$said" || doze 300
	fi
	kill -9 $pid
	wait $pid 2>/dev/null || :
	grep -q "open rc=0" "$said"
}

# machine BDFS CALL...: one that ends by itself; succeeds when it could start
machine() {
	local said
	said=$(vfioc "$@") || case $said in
	*DEAD* | *SIGBUS*) echo "$said" | tr '\n' ' ' >&2 ;;
	esac
	case $said in
	*"open rc=0"*) ;;
	*) return 1 ;;
	esac
}

# --- afterwards ---

# unused MODULE: nobody holds a reference on it
unused() {
	[ "$(cat "/sys/module/$1/refcnt")" = 0 ]
}

# expect_sound CARD...: the cards are as good as before the race, and nobody holds anything
expect_sound() {
	local card
	expect wait_until 5 unused gpupt_reset
	for card; do
		reset_card "$card"
		expect_errno 0
		expect_eq "$card: state" "$(attr "$card" state)" ok
		expect_eq "$card: its own word" "$(ctl "$card" verdict)" alive
		expect_alive "$card"
	done
	expect unload_module
	for card; do
		expect_eq "$card: overrides" "$(overrides_of "$card" | tr -d ' -')" ''
	done
}

# --- growth ---

# census FILE: what there is of everything that could grow, as lines "NAME NUMBER"
census() {
	local cache module try
	sync
	echo 3 >/proc/sys/vm/drop_caches
	# What processors keep for themselves counts as used. The free pages on their lists, hundreds, and
	# what they have not added to the sums yet are in no number of meminfo. A processor that has allocated one
	# object since keeps a whole slab, 512 of the smallest: what counts is the least that was seen.
	for try in 1 2 3; do
		for cache in /sys/kernel/slab/*; do
			[ -L "$cache" ] || echo 1 >"$cache/shrink"
		done
		cat /proc/slabinfo
	done >/tmp/slabs
	echo 1 >/proc/sys/vm/stat_refresh
	{
		awk '$1 !~ /^(#|slabinfo)/ && (!($1 in least) || $2 < least[$1]) { least[$1] = $2 }
			END { for (name in least) print "slab:" name, least[name] }' /tmp/slabs
		awk '/^MemFree/ { free = $2 / 4 } $1 == "count:" { free += $2 } END { print "pages", -free }' \
			/proc/meminfo /proc/zoneinfo
		echo "mappings $(wc -l </proc/vmallocinfo)"
		for module in gpupt_reset vfio_pci vfio_pci_core vfio; do
			echo "references:$module $(cat /sys/module/$module/refcnt)"
		done
		echo "log $(dmesg | grep -c gpupt_reset)"
	} >"$1"
}

# any_door DEVICE BDFS: resets a card by hand, through the kernel, or as a machine's start and end do
any_door() {
	pick hand hand kernel kernel machine
	case $picked in
	hand) echo 1 >"$1/gpupt_reset" ;;
	kernel) echo 1 >"$1/reset" ;;
	machine) vfioc "$2" open close ;;
	esac
}

resets_of_all() {
	local card sum=0 n
	for card in $GPUPT_CARDS; do
		read -r n <"$(device "${card%%:*}")/gpupt/resets"
		sum=$((sum + n))
	done
	echo $sum
}

# half RESETS SECONDS ACTOR...: rounds of so many seconds, until there were so many resets
half() {
	local wanted=$1 seconds=$2 begun
	shift 2
	begun=$(resets_of_all)
	while [ $(($(resets_of_all) - begun)) -lt "$wanted" ]; do
		race "$seconds" "$@"
	done
}

# endure RESETS SECONDS: resets of all cards, in two halves of at least so many each, in rounds of so many seconds.
# What both have left behind more of than three for every four resets, or in long halves than one for twenty, is a
# leak: each of the three doors has a third of the resets. Sets $total, the number of resets.
endure() {
	local card name wanted=$1 seconds=$2 r0 r1 r2 leaks
	load_module
	set --
	for card in $GPUPT_CARDS; do
		name=${card%%:*}
		bind_card "$name"
		case $(attr "$name" family) in
		kepler | maxwell | pascal | volta | unknown) ;;
		*) ctl "$name" boot-ms 0 ;;
		esac
		set -- "$@" "any_door $(device "$name") $(bdfs "$name")"
	done
	known=none
	pause=10
	log_mark
	race 1 "$@"
	r0=$(resets_of_all)
	census /tmp/census.0
	half "$wanted" "$seconds" "$@"
	r1=$(resets_of_all)
	census /tmp/census.1
	half "$wanted" "$seconds" "$@"
	r2=$(resets_of_all)
	census /tmp/census.2
	total=$((r2 - r0))
	expect_no_log "reset failed"
	echo "resets: $((r1 - r0)), $((r2 - r1))"
	leaks=$(awk -v first=$((r1 - r0)) -v second=$((r2 - r1)) '
		function allowed(name, resets,    few) {
			if (name == "log")
				return 1.25 * resets
			if (name ~ /^references/)
				return 0
			few = 0.05 * resets > 300 ? 0.05 * resets : 300
			return 0.75 * resets < few ? 0.75 * resets : few
		}
		FILENAME ~ /0$/ { begin[$1] = $2 }
		FILENAME ~ /1$/ { middle[$1] = $2 }
		FILENAME ~ /2$/ {
			one = middle[$1] - begin[$1]
			two = $2 - middle[$1]
			if (one || two)
				print $1 ":", one, two >"/tmp/growth"
			if (one > allowed($1, first) && two > allowed($1, second))
				print $1 ":", one, two
		}' /tmp/census.0 /tmp/census.1 /tmp/census.2)
	cat /tmp/growth
	expect_eq "what has grown" "$leaks" ''
	for card in $GPUPT_CARDS; do
		name=${card%%:*}
		expect_eq "$name: its own word" "$(ctl "$name" verdict)" alive
	done
	unload_module
}

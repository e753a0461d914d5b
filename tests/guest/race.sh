# shellcheck shell=dash disable=SC2034,SC2154,SC3043,SC3045
# SPDX-License-Identifier: GPL-2.0
#
# Races, for the cases that are called race_*: actors, which are commands, run side by side, each over
# and over with a pause of random length. What is drawn depends on the seed alone; who is first, on the
# machine. On the kernel's command line (GPUPT_CMDLINE of tests/vm):
#   gpupt.seed=N    the seed, as a run has said it
#   gpupt.race=S    each race lasts S seconds instead of what its case has for CI
#
# An actor succeeds or fails each time. It has to succeed once, or the race was none; what it fails
# with has to be an error that the case knows.

# word NAME: its value on the kernel's command line, empty when it is not there
word() {
	tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p" | tail -n 1
}

# tick: sets $time as now() does, without a process: one costs a guest without KVM several milliseconds.
tick() {
	local up rest
	read -r up rest </proc/uptime
	time=${up%.*}${up#*.}0
}

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

# act NAME ACTOR...: what race() does with one actor; its errors are in /tmp/race/NAME.errors
act() {
	local name=$1 good=0 bad=0
	shift
	random=$((seed + name * 7919))
	while tick && [ "$time" -lt "$deadline" ]; do
		if "$@"; then
			good=$((good + 1))
		else
			bad=$((bad + 1))
		fi
		doze "$pause"
	done >/dev/null 2>"/tmp/race/$name.errors"
	echo "$good $bad" >"/tmp/race/$name.count"
}

# race SECONDS ACTOR...: each actor is one word, with its arguments in it. $pause is how long they pause
# at most, in milliseconds, and $known what they may say when they fail (a regular expression).
# Sets $successes: of all actors, in their order.
race() {
	local seconds actor n=0 pids='' good bad unknown
	seconds=$(word gpupt.race)
	seconds=${seconds:-$1}
	shift
	rm -rf /tmp/race
	mkdir /tmp/race
	echo 30 >/proc/sys/kernel/hung_task_timeout_secs
	tick
	deadline=$((time + seconds * 1000))
	for actor; do
		n=$((n + 1))
		# shellcheck disable=SC2086	# an actor with its arguments
		act $n $actor &
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

seed=$(word gpupt.seed)
[ -n "$seed" ] || seed=$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')
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

# killed BDFS CALL...: a machine that is killed at any moment
killed() {
	local pid
	vfioc "$@" hang &
	pid=$!
	doze 600
	kill -9 $pid
	wait $pid 2>/dev/null || :
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

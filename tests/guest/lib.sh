# shellcheck shell=dash disable=SC2034,SC3043,SC3045
# SPDX-License-Identifier: GPL-2.0
#
# What the cases are written with. A case is a script run with -eu, so a command that fails fails
# the case; every expect_* counts as a check, and a case without one fails too.

# --- ends ---

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

skip() {
	echo "$*" >/run/skip
	exit 77
}

checked() {
	: >/run/checks
}

# --- time ---

# tick: sets $time to the milliseconds since boot, in steps of ten, without a process: one costs a guest without KVM
# several milliseconds, and a hundred with the checkers.
tick() {
	local up rest
	read -r up rest </proc/uptime
	time=${up%.*}${up#*.}0
}

# now: the same, printed
now() {
	local time
	tick
	echo "$time"
}

# A kernel with checkers takes so many times as long; the host says so.
slow=${GPUPT_SLOW:-1}

# wait_until SECONDS COMMAND...: try until it succeeds.
wait_until() {
	local time end
	tick
	end=$((time + $1 * 1000 * slow))
	shift
	until "$@" 2>/dev/null; do
		tick
		[ "$time" -lt "$end" ] || return 1
		usleep 50000
	done
}

# prints TEXT COMMAND...: for wait_until, which looks again each time
prints() {
	local wanted=$1
	shift
	[ "$("$@")" = "$wanted" ]
}

# reads TEXT FILE: the same for a file, without a process, for what may be over before the next look
reads() {
	local text
	read -r text <"$2" && [ "$text" = "$1" ]
}

# --- the cards ---
# GPUPT_CARDS comes from the host: NAME:PLACE:FUNCTIONS for each card. PLACE is the device number of
# the port on the root bus, which is the number of its slot; behind a switch those of all bridges
# on the way; and =N is the card's own number on the root bus.

# card_entry CARD: sets $slot and $count.
card_entry() {
	local card
	for card in $GPUPT_CARDS; do
		case $card in
		"$1":*)
			count=${card##*:}
			slot=${card#*:}
			slot=${slot%:*}
			return
			;;
		esac
	done
	echo "no card $1 in this machine ($GPUPT_CARDS)" >&2
	return 1
}

# functions CARD: 0 or 0 1 ...
functions() {
	local count slot
	card_entry "$1" || return 1
	seq 0 $((count - 1))
}

slot() {
	local count slot
	card_entry "$1" && echo "$slot"
}

# port CARD: the bridge above it
port() {
	local count slot number bus=0 path=
	card_entry "$1" || return 1
	case $slot in
	*/*) ;;
	*)
		printf '0000:00:%02x.0\n' "$slot"
		return
		;;
	esac
	for number in $(echo "$slot" | tr / ' '); do
		[ -z "$path" ] || read -r bus <"/sys/bus/pci/devices/$path/secondary_bus_number" || return 1
		path=$(printf '0000:%02x:%02x.0' "$bus" "$number")
	done
	echo "$path"
}

# bus_reset_file CARD: reset_subordinate of its port; on 6.2 to 6.11, which have none, the card's own reset
bus_reset_file() {
	local file
	file=/sys/bus/pci/devices/$(port "$1")/reset_subordinate
	[ -e "$file" ] || file=$(device "$1")/reset
	echo "$file"
}

# bdf CARD [FUNCTION]: its address, whether it is on the bus or not
bdf() {
	local count slot bus
	card_entry "$1" || return 1
	if [ "$slot" != "${slot#=}" ]; then
		printf '0000:00:%02x.%s\n' "${slot#=}" "${2:-0}"
		return
	fi
	read -r bus <"/sys/bus/pci/devices/$(port "$1")/secondary_bus_number" || return 1
	[ -e "/run/touched/$1" ] || : >"/run/touched/$1"
	printf '0000:%02x:00.%s\n' "$bus" "${2:-0}"
}

device() {
	echo "/sys/bus/pci/devices/$(bdf "$@")"
}

# ctl CARD WORD...: speak to the emulated card; prints what came after "ok".
ctl() {
	local reply
	[ -e "/run/touched/$1" ] || : >"/run/touched/$1"
	reply=$(vfioc --control /dev/ttyS2 "$*") || fail "no reply to control command: $*"
	case $reply in
	ok) ;;
	"ok "*) echo "${reply#ok }" ;;
	*) fail "control command $*: $reply" ;;
	esac
}

# replug CARD [power]: take its functions off the bus and enumerate them again, as after a fresh boot;
# with "power" the card is power cycled in between.
replug() {
	local fn bus power
	power=/sys/bus/pci/slots/$(slot "$1")/power
	for fn in $(functions "$1" | tac); do
		[ ! -e "$(device "$1" "$fn")" ] || echo 1 >"$(device "$1" "$fn")/remove"
	done
	[ -z "${2:-}" ] || ctl "$1" power >/dev/null
	[ ! -e "$power" ] || [ "$(cat "$power")" != 0 ] || echo 1 >"$power"
	# Of this bus alone: a card next to it may be half removed at the moment.
	bus=$(bdf "$1")
	echo 1 >"/sys/class/pci_bus/${bus%:*}/rescan"
	for fn in $(functions "$1"); do
		wait_until 5 test -e "$(device "$1" "$fn")" || {
			echo "$1.$fn does not come back" >&2
			return 1
		}
	done
}

# settle: after a bus reset by the stock kernel 7.x, which at times takes a card that answers late for
# another one; its hot-plug driver then removes it and finds it again, without a driver.
settle() {
	! kernel_at_least 7 0 || sleep 2
}

# power_cycle CARD: healthy hardware and a fresh enumeration. Twice, since a dead card is slow to remove,
# and what vfio saved from one is written back to the live card on its removal (COMMAND 0547 was seen).
power_cycle() {
	ctl "$1" power
	replug "$1" power
}

# methods CARD [FUNCTION]: reset_method, or "absent"
methods() {
	cat "$(device "$@")/reset_method" 2>/dev/null || echo absent
}

# config CARD-OR-BDF OFFSET SIZE[=VALUE]
config() {
	local who=$1
	case $who in
	*:*) ;;
	*) who=$(bdf "$who") ;;
	esac
	vfioc --config "$who" "$2" "$3"
}

# boot0 CARD: PMC_BOOT_0 through sysfs, for a card no driver has.
boot0() {
	vfioc --bar0 "$(bdf "$1")" 0 || echo unreadable
}

# resource_bars BDF / config_bars BDF: addresses as the kernel gave them / as the card has them.
resource_bars() {
	vfioc --bars "$1" | sed -n 's/^kernel *//p'
}

config_bars() {
	vfioc --bars "$1" | sed -n 's/^card *//p'
}

# --- binding and clients ---

driver_of() {
	basename "$(readlink "/sys/bus/pci/devices/$1/driver" || echo none)"
}

unbind() {
	[ "$(driver_of "$1")" = none ] || echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
}

bind_vfio() {
	local b
	for b; do
		echo vfio-pci >"/sys/bus/pci/devices/$b/driver_override"
		unbind "$b"
		echo "$b" >/sys/bus/pci/drivers_probe
		[ "$(driver_of "$b")" = vfio-pci ] || fail "$b is not bound to vfio-pci"
	done
}

# bdfs CARD: all functions, with commas, as vfioc takes them.
bdfs() {
	local fn list=
	for fn in $(functions "$1"); do
		list=$list${list:+,}$(bdf "$1" "$fn")
	done
	echo "$list"
}

bind_card() {
	local fn
	for fn in $(functions "$1"); do
		bind_vfio "$(bdf "$1" "$fn")"
	done
}

# client DEVICES CALL...: the VFIO client; its lines go to the output and to $said.
client() {
	rc=0
	said=$(vfioc "$@") || rc=$?
	echo "$said"
}

# said_ms CALL: how long the (last) call named took, in the client's last run.
said_ms() {
	echo "$said" | sed -n "s/^[^ ]* $1 .* ms=\([0-9]*\).*/\1/p" | tail -n 1
}

# --- the module ---

# Without the module a warning of the kernel's is not the end: 7.2 was seen to warn about dead cards.
load_module() {
	cat /run/panic_on_warn >/proc/sys/kernel/panic_on_warn
	insmod /gpupt_reset.ko "$@" && return
	echo 0 >/proc/sys/kernel/panic_on_warn
	return 1
}

# insert MODULE: one of the guest's kernel, unless it is there
insert() {
	[ -d "/sys/module/$(echo "$1" | tr - _)" ] || insmod "/modules/$1.ko"
}

# load_driver NAME [PARAMETER...]: a driver of the guest's kernel (named in "# drivers:") or of the tests
load_driver() {
	local name=$1 m
	shift
	if [ -e "/$name.ko" ]; then
		insmod "/$name.ko" "$@"
		return
	fi
	# A kernel from elsewhere may have it built in, or not at all.
	if [ -e "/modules/$name.absent" ]; then
		[ ! -d "/sys/module/$(echo "$name" | tr - _)" ] || return 0
		skip "this kernel has no $name"
	fi
	while read -r m; do
		insert "${m%.ko}" || return 1
	done <"/modules/$name.order"
}

unload_module() {
	rmmod gpupt_reset && echo 0 >/proc/sys/kernel/panic_on_warn
}

# attr CARD NAME [FUNCTION]: value of a read-only attribute in gpupt/
attr() {
	cat "$(device "$1" "${3:-0}")/gpupt/$2"
}

# write_to FILE TEXT: sets $errno (a name, 0 when it worked) and $ms; never fails itself.
write_to() {
	local answer
	answer=$(vfioc --write "$1" "$2") || :
	echo "write '$2' to $1: $answer"
	errno=${answer#errno=}
	errno=${errno%% *}
	ms=${answer##*ms=}
}

# reset_card CARD [WORD] [FUNCTION]: through our attribute
reset_card() {
	write_to "$(device "$1" "${3:-0}")/gpupt_reset" "${2:-1}"
}

# stock_reset CARD [FUNCTION]: through the kernel's own file
stock_reset() {
	write_to "$(device "$1" "${2:-0}")/reset" 1
}

# --- kernel version and log ---

kernel_at_least() {
	local release major minor
	release=$(uname -r)
	major=${release%%.*}
	minor=${release#*.}
	minor=${minor%%.*}
	minor=${minor%%-*}
	[ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "$minor" -ge "$2" ]; }
}

log_mark() {
	mark="$GPUPT_CASE $((${mark##* } + 1))"
	echo "gpupt-test: mark $mark" >/dev/kmsg
}

# log_since: what the kernel said since the last log_mark
log_since() {
	dmesg | awk -v mark="gpupt-test: mark $mark" '
		substr($0, length - length(mark) + 1) == mark { found = 1; next }
		found'
}
mark=0

# --- checks ---

expect_log() {
	checked
	log_since | grep -q -E "$1" || {
		log_since
		fail "the kernel log has no line like: $1"
	}
}

# await_log REGEX: the same, if need be after some time
await_log() {
	wait_until 20 log_has "$1" || :
	expect_log "$1"
}

log_has() {
	log_since | grep -q -E "$1"
}

expect_no_log() {
	checked
	! log_since | grep -E "$1" || fail "the kernel log has a line like: $1"
}

# expect_log_count N REGEX
expect_log_count() {
	local n
	n=$(log_since | grep -c -E "$2" || :)
	expect_eq "log lines like $2" "$n" "$1"
}

# expect_eq WHAT GOT WANTED
expect_eq() {
	checked
	[ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"
	echo "$1: $2"
}

expect_ne() {
	checked
	[ "$2" != "$3" ] || fail "$1: got '$2', which it must not be"
	echo "$1: $2"
}

# expect_at_most WHAT GOT LIMIT
expect_at_most() {
	checked
	[ "$2" -le "$3" ] || fail "$1: got $2, expected at most $3"
	echo "$1: $2 (limit $3)"
}

# expect_within WHAT GOT LIMIT: milliseconds that something took
expect_within() {
	expect_at_most "$1" "$2" $(($3 * slow))
}

expect_at_least() {
	checked
	[ "$2" -ge "$3" ] || fail "$1: got $2, expected at least $3"
	echo "$1: $2 (at least $3)"
}

expect_errno() {
	expect_eq errno "$errno" "$1"
}

# expect COMMAND...: succeeds / expect_not COMMAND...: fails
expect() {
	checked
	"$@" || fail "failed: $*"
}

expect_not() {
	checked
	! "$@" || fail "succeeded: $*"
}

# expect_real_bars CARD: every function's BARs are those that the kernel assigned
expect_real_bars() {
	local fn b bars
	for fn in $(functions "$1"); do
		b=$(bdf "$1" "$fn")
		bars=$(vfioc --bars "$b")
		bars=${bars#kernel}
		expect_eq "BARs of $b" "${bars#*card  }" "${bars%%
*}"
	done
}

# expect_alive CARD: identity, BARs and the first register, of a card that no driver has
expect_alive() {
	local value
	expect_eq "vendor" "$(config "$1" 0 2)" 10de
	expect_real_bars "$1"
	value=$(boot0 "$1")
	case $value in
	unreadable | 00000000 | ffffffff | badf*) fail "$1 is not alive: PMC_BOOT_0 is $value" ;;
	esac
	echo "$1 is alive: PMC_BOOT_0 $value"
}

# --- claims ---

# drivers_of CARD: the driver of each function, in order
drivers_of() {
	local fn list=
	for fn in $(functions "$1"); do
		list="$list${list:+ }$(driver_of "$(bdf "$1" "$fn")")"
	done
	echo "$list"
}

# overrides_of CARD: the driver_override of each function, "-" where there is none
overrides_of() {
	local fn list='' one
	for fn in $(functions "$1"); do
		read -r one <"$(device "$1" "$fn")/driver_override"
		[ "$one" != "(null)" ] || one=-
		list="$list${list:+ }$one"
	done
	echo "$list"
}

# host_uses NAME: drivers at work on every function of the card "host", the stand-in under this name; $of_host
# is what they are called
host_uses() {
	load_driver standin name="$1"
	load_driver snd-hda-codec-generic
	load_driver snd-hda-intel
	load_driver xhci-pci
	of_host="$1 snd_hda_intel xhci_hcd $1"
	drivers_settle host "$of_host"
}

# claim CARD [WORD]: sets $errno and $ms
claim() {
	write_to "$(device "$1")/gpupt_claim" "${2:-1}"
}

claimed() {
	cat "$(device "$1")/gpupt_claim"
}

# drivers_settle CARD DRIVERS: they bind by themselves, but not at once
drivers_settle() {
	wait_until 20 is_bound "$1" "$2" || :
	expect_eq "drivers of $1" "$(drivers_of "$1")" "$2"
}

is_bound() {
	[ "$(drivers_of "$1")" = "$2" ]
}

# --- the report ---

# expect_host IOMMU DOMAIN REMAPPING: what the files say of the host
expect_host() {
	expect_eq iommu "$(cat /sys/kernel/gpupt/iommu)" "$1"
	expect_eq iommu_domain "$(cat /sys/kernel/gpupt/iommu_domain)" "$2"
	expect_eq interrupt_remapping "$(cat /sys/kernel/gpupt/interrupt_remapping)" "$3"
}

# expect_card CARD GROUP ISOLATED VIABLE ACS FRAMEBUFFER: and of a card; GROUP may be "some"
expect_card() {
	local group card=$1
	group=$(attr "$card" iommu_group)
	if [ "$group" != none ]; then
		expect_eq "$card: iommu_group" "$group" \
			"$(basename "$(readlink "$(device "$card")/iommu_group")")"
		group=some
	fi
	shift
	expect_eq "$card: group, isolated_msi, viable, acs, framebuffer" \
		"$group $(for name in isolated_msi viable acs framebuffer; do attr "$card" $name; done |
			tr '\n' ' ')" "$* "
}

# report: writes it, so that log_since has it and nothing else
report() {
	log_mark
	write_to /sys/kernel/gpupt/report 1
	expect_errno 0
}

# expect_said LINE...: these are the lines of the report, in order, each at least by its beginning
expect_said() {
	local line said want
	checked
	said=$(log_since | sed 's/^[^]]*\] //' | grep '^gpupt_reset')
	echo "$said"
	for want; do
		line=${said%%
*}
		case $line in
		"$want"*) ;;
		*) fail "the report has '$line', expected '$want...'" ;;
		esac
		said=$(echo "$said" | sed 1d)
	done
	[ -z "$said" ] || fail "the report goes on: $said"
}

# expect_open CARD ERRNO: what VFIO makes of it
expect_open() {
	client "$(bdf "$1")" open
	expect_eq "$1: errno of the open" "$(echo "$said" | sed -n '1s/.* errno=\([A-Z0-9]*\).*/\1/p')" "$2"
}

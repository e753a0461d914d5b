# shellcheck shell=dash disable=SC2034,SC2154,SC3043,SC3045
# SPDX-License-Identifier: GPL-2.0
#
# Real clients of VFIO, for the cases that are called client_*: Debian's QEMU with cards, spoken to as
# management programs do (QMP). No processor of its machine runs (-S): what a guest would do to a card is
# done from outside, and its firmware takes minutes in a guest of a guest.

# in_suite COMMAND...: $suite is /clients (Debian 13), or /clients/bookworm
suite=/clients
in_suite() {
	(enter_suite "$@")
}

enter_suite() {
	exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root chroot "$suite" "$@"
}

# passed CARD...: QEMU's words for these cards, each with all its functions in a slot of its own. $vfio is put
# behind each function ("iommufd=i").
vfio=
passed() {
	local card fn port=0 words=''
	for card; do
		port=$((port + 1))
		words="$words -device pcie-root-port,id=rp$port,chassis=$port,slot=$port"
		for fn in $(functions "$card"); do
			words="$words -device vfio-pci,host=$(bdf "$card" "$fn"),bus=rp$port,addr=0.$fn,multifunction=on$vfio"
		done
	done
	echo "$words"
}

# machine_begin NAME CARD...: a machine with these cards; $machine_words are more words for QEMU. Its answers are in
# /tmp/NAME.qmp, what it complains of in /tmp/NAME.log.
machine_words=
machine_begin() {
	local name=$1
	shift
	rm -f "/tmp/$name".*
	mkfifo "/tmp/$name.ask"
	tick
	echo "$time" >"/tmp/$name.began"
	# Open at both ends, so that QEMU sees no end between two questions.
	# shellcheck disable=SC2046,SC2086	# words
	enter_suite qemu-system-x86_64 -M q35 -accel tcg,tb-size=8 -m 64 -S -nodefaults -no-user-config -display none \
		-vga none -chardev stdio,id=qmp,signal=off -mon chardev=qmp,mode=control \
		$machine_words $(passed "$@") <>"/tmp/$name.ask" >"/tmp/$name.qmp" 2>"/tmp/$name.log" &
	echo $! >"/tmp/$name.pid"
	# Waits until it is.
	: >"/tmp/$name.ask"
	machine_ask "$name" qmp_capabilities
}

# machine_runs NAME / machine_is_over NAME
machine_runs() {
	! machine_is_over "$1"
}

machine_is_over() {
	local line
	read -r line <"/proc/$(cat "/tmp/$1.pid")/stat" || return 0
	case ${line#*) } in
	Z*) return 0 ;;
	esac
	return 1
}

# machine_ask NAME COMMAND: of QMP; the answer names the command. Does not wait for a machine that is gone.
machine_ask() {
	echo "{\"execute\": \"$2\", \"id\": \"$2\"}" 1<>"/tmp/$1.ask"
}

# machine_answered NAME COMMAND
machine_answered() {
	grep -q "\"id\": \"$2\"" "/tmp/$1.qmp"
}

# machine_settled NAME: it is up, or has given up
machine_settled() {
	machine_answered "$1" qmp_capabilities || machine_is_over "$1"
}

# machine_up NAME: sets $ms to how long it has taken
machine_up() {
	local time
	wait_until 150 machine_settled "$1" || :
	machine_answered "$1" qmp_capabilities || {
		cat "/tmp/$1.log"
		fail "machine $1 has not started"
	}
	tick
	ms=$((time - $(cat "/tmp/$1.began")))
	echo "machine $1 is up after $ms ms"
}

# machine NAME CARD...: begun, and up
machine() {
	machine_begin "$@"
	machine_up "$1"
}

# machine_reset NAME: as its guest, or the user, does it; sets $ms
machine_reset() {
	local time start n
	n=$(grep -c '"RESET"' "/tmp/$1.qmp" || :)
	tick
	start=$time
	machine_ask "$1" system_reset
	# The event is sent when all devices have been reset.
	wait_until 150 machine_resets "$1" $((n + 1)) || fail "machine $1 was not reset"
	tick
	ms=$((time - start))
	echo "machine $1 was reset in $ms ms"
}

# machine_resets NAME N: has it been reset so often?
machine_resets() {
	[ "$(grep -c '"RESET"' "/tmp/$1.qmp")" -ge "$2" ]
}

# machine_quit NAME / machine_kill NAME: as machine_over
machine_quit() {
	machine_ask "$1" quit
	machine_over "$1"
}

machine_kill() {
	kill -9 "$(cat "/tmp/$1.pid")"
	machine_over "$1"
}

# machine_over NAME: has it ended? Sets $ms to how long that took, and $rc to its exit code
machine_over() {
	local time start
	tick
	start=$time
	wait_until 150 machine_is_over "$1" || fail "machine $1 does not end"
	tick
	ms=$((time - start))
	rc=0
	wait "$(cat "/tmp/$1.pid")" || rc=$?
	echo "machine $1 has ended in $ms ms, exit code $rc"
	sed 's/^/    /' "/tmp/$1.log"
}

# --- what a card says of it ---

# soil CARD...: every function is as a guest leaves it, until it is reset
soil() {
	local card
	for card; do
		ctl "$card" soil
		ctl "$card" clear
	done
}

# witness WHEN CARD...: which resets a card saw since soil, how it is, and which functions are still soiled. With the
# module it is alive, clean, and has been reset if it was so under the stock kernel at the same point.
witness() {
	local when=$1 card saw verdict soiled stock
	shift
	for card; do
		saw="flr $(ctl "$card" count flr), sbr $(ctl "$card" count sbr)"
		verdict=$(ctl "$card" verdict)
		soiled=$(ctl "$card" soiled)
		stock="/tmp/stock-$when-$card"
		if [ ! -d /sys/module/gpupt_reset ]; then
			echo "$saw" >"$stock"
			echo "stock, $when: $card saw $saw; $verdict; soiled: $soiled"
			continue
		fi
		echo "$when: $card saw $saw; $verdict; soiled: $soiled; with the stock kernel $(cat "$stock" 2>/dev/null)"
		expect_eq "$when: $card" "$verdict" alive
		expect_eq "$when: soiled functions of $card" "$soiled" none
		[ ! -e "$stock" ] || reads "flr 0, sbr 0" "$stock" ||
			expect_ne "$when: resets that $card saw" "$saw" "flr 0, sbr 0"
	done
}

# in_reset CARD: is it being reset?
in_reset() {
	case $(ctl "$1" state) in
	not-ready* | link-down) ;;
	*) return 1 ;;
	esac
}

# log_span WORD: milliseconds between the first and the last line of the kernel's log with it since log_mark
log_span() {
	log_since | grep -F "$1" | sed -n 's/^\[ *\([0-9]*\)\.\([0-9]\{3\}\).*/\1\2/p' |
		awk 'NR == 1 { first = $1 } { last = $1 } END { print last - first }'
}

# restore CARD...: as at the beginning, for the other kernel
restore() {
	local card
	for card; do
		ctl "$card" healthy
		power_cycle "$card"
		bind_card "$card"
	done
}

# life CARD...: of a machine with them. It starts, is reset, its cards hang, it is reset again and ends.
life() {
	local card
	soil "$@"
	machine life "$@"
	witness start "$@"
	soil "$@"
	machine_reset life
	witness reset "$@"
	soil "$@"
	for card; do
		ctl "$card" hang config sbr
	done
	machine_reset life
	settle
	witness hang "$@"
	soil "$@"
	machine_quit life
	expect_eq "QEMU's exit code" "$rc" 0
	settle
	witness quit "$@"
}

# lives CARD...: bound, and a life without the module, then one with it, which is loaded from here on
lives() {
	local card
	for card; do
		bind_card "$card"
	done
	life "$@"
	restore "$@"
	load_module
	life "$@"
}

# --- libvirt ---

# libvirt_begin: without services beside it, and without users and groups of its own
libvirt_begin() {
	cat >/clients/etc/libvirt/qemu.conf <<-EOC
		security_driver = "none"
		user = "root"
		group = "root"
		namespaces = []
		cgroup_controllers = []
		stdio_handler = "file"
		remember_owner = 0
	EOC
	cat >/clients/etc/libvirt/libvirtd.conf <<-EOC
		auth_unix_ro = "none"
		auth_unix_rw = "none"
	EOC
	# It asks each QEMU that it finds what that can do, for half a minute.
	rm -f /clients/usr/bin/qemu-system-i386
	enter_suite libvirtd --pid-file /run/libvirtd.pid >/clients/run/libvirtd.log 2>&1 &
	expect wait_until 120 virsh version
}

virsh() {
	in_suite virsh -q -c qemu:///system "$@"
}

# node CARD FUNCTION: what libvirt calls it
node() {
	echo "pci_$(bdf "$1" "$2" | tr ':.' __)"
}

# domain NAME MANAGED CARD: created, but not running; sets $rc, and $ms to how long it took
domain() {
	local name=$1 managed=$2 card=$3 fn bus time start
	{
		echo "<domain type='qemu'><name>$name</name><memory unit='MiB'>64</memory>"
		echo "<os><type machine='q35'>hvm</type></os><devices>"
		echo "<emulator>/usr/bin/qemu-system-x86_64</emulator><memballoon model='none'/>"
		echo "<controller type='usb' model='none'/><controller type='pci' index='1' model='pcie-root-port'/>"
		for fn in $(functions "$card"); do
			bus=$(bdf "$card" "$fn" | cut -d : -f 2)
			echo "<hostdev mode='subsystem' type='pci' managed='$managed'><source>"
			echo "<address domain='0x0000' bus='0x$bus' slot='0x00' function='0x$fn'/></source>"
			echo "<address type='pci' bus='1' slot='0' function='0x$fn' multifunction='on'/></hostdev>"
		done
		echo "</devices></domain>"
	} >"/clients/tmp/$name.xml"
	tick
	start=$time
	rc=0
	virsh create --paused "/tmp/$name.xml" || rc=$?
	tick
	ms=$((time - start))
	echo "domain $name, managed $managed: exit code $rc after $ms ms"
}

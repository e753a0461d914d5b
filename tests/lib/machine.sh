# shellcheck shell=bash disable=SC2034,SC2154	# names that cross files
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by tests/vm and tests/install: QEMU machines with emulated cards.

# What no kernel may say while our module is at work, and what stock kernels say of themselves.
# The latter is said once a boot, so a case about our own bus reset needs a boot of its own.
BAD='BUG:|WARNING:|UBSAN:|KASAN|KCSAN|unreferenced object|kmemleak: .*(disabled|Cannot)|cannot create duplicate|INFO: (possible|suspicious|trying)|Oops|Kernel panic|unlocked secondary bus reset|blocked for more than'
STOCK='unlocked secondary bus reset via: pciehp_reset_slot|WARNING: .*pci_pm_runtime_suspend'

# table FILE: the rows of a table of tests/matrix
table() {
	grep -v '^#' "$GPUPT_TESTS/matrix/$1"
}

# QEMU 7.2 works out the flags of CMPXCHG16B from those of the last translated block, where they may
# be low bits of a kernel address, the trap flag and reserved bits among them. SLUB's fast path is
# full of it, and if the virtual CPU is stopped just after it, the flags stay: seen once as a WARNING
# in exc_debug_kernel() with EFLAGS 8198fb02. Without CX16 SLUB turns interrupts off instead; AMD's
# IOMMU driver does not work without it.
#
# machine_of CARDS: sets the guest's list of cards (NAME:PLACE:FUNCTIONS), QEMU's processor and devices.
machine_of() {
	local card words port='' bar1='' slot=0
	cards=
	devices=()
	cpu=max,cx16=off
	case $1 in
	*@intel-noir) devices=(-device "intel-iommu,intremap=off,caching-mode=on") ;;
	*@amd) cpu=max devices=(-device "amd-iommu,intremap=on") slot=1 ;;
	*@amd-noir) cpu=max devices=(-device "amd-iommu,intremap=off") slot=1 ;;
	*@no) ;;
	*@*) harness_error "no such IOMMU: $1" ;;
	# With device TLBs, so that the kernel turns ATS on.
	*) devices=(-device "intel-iommu,intremap=on,caching-mode=on,device-iotlb=on") ;;
	esac
	set -- "${1%@*}"
	case $1 in
	*-np) port=,hotplug=off ;;
	esac
	case ${1%-np} in
	none) words= ;;
	demo) words="p40 r3080" ;;
	p40+r3080) words="p40 p40b r3080 r3080b foreign" ;;
	matrix)
		words=
		bar1=,bar1-mb=64
		# There is not as much I/O space as that many hot-plug ports would like to have.
		cmdline+=" pci=hpiosize=0"
		for card in $(table models | cut -f 1); do
			add_card "$card" "$card" "$port"
		done
		;;
	*) words=${1%-np} && words=${words//+/ } ;;
	esac
	for card in $words; do
		case $card in
		p40) add_card p40a p40 "$port" ;;
		p40b) add_card p40b p40 "$port,rrs=off" ;;
		r3080) add_card r3080 rtx3080 "$port" ;;
		r3080b) add_card r3080b rtx3080 "$port,rrs=off" ;;
		foreign) add_foreign ;;
		board) add_board k80a k80b ;;
		rootbus) add_on_root_bus rootbus rtx3080 ;;
		host) add_host_card host rtx2080 ;;
		shared) add_shared shared p40 ;;
		vga) add_vga vga ;;
		*) add_card "$card" "$card" "$port" ;;
		esac
	done
	cards=${cards# }
}

# add_port TYPE PROPERTIES: in the next slot, which is its place on the root bus as well
add_port() {
	slot=$((slot + 1))
	devices+=(-device "$1,id=rp$slot,addr=$(printf %x "$slot"),slot=$slot,chassis=$slot$2")
}

# add_card NAME MODEL PORT-PROPERTIES
# A P40 alone has its 32 GiB of BAR 1; all models together would not fit into the address space.
add_card() {
	local fn functions more=''
	functions=$(table models | awk -v model="$2" '$1 == model { print $3 }')
	[ -n "$functions" ] || harness_error "no such card in tests/matrix/models: $2"
	add_port gpupt-root-port "$3"
	cards+=" $1:$slot:$functions"
	# Function 0 makes the card complete, so it comes last.
	for ((fn = functions - 1; fn > 0; fn--)); do
		devices+=(-device "gpupt-gpu,bus=rp$slot,addr=0.$fn,card=$1,model=$2,fn=$fn")
		more=multifunction=on,
	done
	devices+=(-device "gpupt-gpu,bus=rp$slot,addr=0.0,${more}card=$1,model=$2,fn=0$bar1")
}

# add_board NAME NAME: a K80, two GPUs behind the switch on their board
add_board() {
	local card n=0
	add_port gpupt-root-port ,hotplug=off
	devices+=(-device "x3130-upstream,bus=rp$slot,id=up")
	for card; do
		cards+=" $card:$slot/0/$n:1"
		devices+=(-device "gpupt-switch-port,bus=up,addr=$n.0,id=dp$n,port=$n,chassis=$((100 + n))"
			-device "gpupt-gpu,bus=dp$n,addr=0.0,card=$card,model=k80")
		n=$((n + 1))
	done
}

# add_on_root_bus NAME MODEL: a card of two functions without a port above it
add_on_root_bus() {
	cards+=" $1:=16:2"
	devices+=(-device "gpupt-gpu,bus=pcie.0,addr=10.1,card=$1,model=$2,fn=1"
		-device "gpupt-gpu,bus=pcie.0,addr=10.0,multifunction=on,card=$1,model=$2,fn=0")
}

# add_host_card NAME MODEL: functions 1 and 2 are controllers that work. Each says that it is one of several:
# the kernel looks there for the IOMMU group of a function that it finds at a rescan.
add_host_card() {
	add_port gpupt-root-port ,hotplug=off
	cards+=" $1:$slot:4"
	devices+=(-audiodev "none,id=silent"
		-device "gpupt-hda,id=hda$slot,bus=rp$slot,addr=0.1,multifunction=on"
		-device "hda-duplex,bus=hda$slot.0,audiodev=silent"
		-device "gpupt-xhci,bus=rp$slot,addr=0.2,multifunction=on"
		-device "gpupt-gpu,bus=rp$slot,addr=0.3,card=$1,model=$2,fn=3"
		-device "gpupt-gpu,bus=rp$slot,addr=0.0,multifunction=on,card=$1,model=$2,fn=0")
}

# add_shared NAME MODEL: both ports are functions of one device, without ACS
add_shared() {
	local at both=disable-acs=on,hotplug=off
	slot=$((slot + 1))
	at=$(printf %x "$slot")
	cards+=" $1:$slot:1"
	devices+=(-device "pcie-root-port,id=rp$slot.1,addr=$at.1,slot=3$slot,chassis=3$slot,$both"
		-device "gpupt-root-port,id=rp$slot,addr=$at.0,multifunction=on,slot=$slot,chassis=$slot,$both"
		-device "e1000e,bus=rp$slot.1,addr=0.0,romfile="
		-device "gpupt-gpu,bus=rp$slot,addr=0.0,card=$1,model=$2,fn=0")
}

# add_vga NAME
add_vga() {
	cards+=" $1:=8:1"
	devices+=(-device "gpupt-vga,addr=8.0")
}

add_foreign() {
	add_port pcie-root-port ''
	cards+=" foreign:$slot:1"
	devices+=(-device "e1000e,bus=rp$slot,addr=0.0,romfile=")
}

build_client() {
	local key
	key=$(hash_of "$GPUPT_TESTS/guest/"*.[ch])
	client=$GPUPT_CACHE/guest/vfioc-$key
	[ -x "$client" ] || with_lock vfioc compile_client
}

compile_client() {
	mkdir -p "$GPUPT_CACHE/guest"
	gcc -O2 -static -Wall -Wextra -Werror -o "$client.tmp" "$GPUPT_TESTS/guest/"*.c ||
		harness_error "the VFIO client does not compile"
	mv "$client.tmp" "$client"
}

# HPET, because on a busy host the kernel measures the speed of the TSC wrongly, and then the guest's
# time runs at up to three times the speed. No timer check, which fails there for the same reason.
# One thread for all processors of a guest: with more, one boot of ten was seen to fail.
# With "gpupt.threads" on the kernel's command line each has its own, for what happens at the very same time.
# start_guest KERNEL INITRD DIR SECONDS: starts QEMU with $devices, $cards and $cmdline, its console in
# DIR; the guest's second serial port can be read from $guest_out.
start_guest() {
	local kernel=$1 initrd=$2 dir=$3 limit=$4 control=() threads=single
	[[ " $cmdline " != *" gpupt.threads "* ]] || threads=multi
	if [ -n "$cards" ]; then
		# Short, for the path of a socket has 107 characters at most.
		sockets=$(mktemp -d /tmp/gpupt.XXXXXX)
		control=(-chardev "socket,id=ctl,path=$sockets/ctl,server=on,wait=off"
			-device "gpupt-ctl,chardev=ctl"
			-chardev "socket,id=ctls,path=$sockets/ctl")
	else
		control=(-chardev "null,id=ctls")
	fi
	exec {guest_out}< <(exec timeout -k 5 "$limit" env LD_PRELOAD="$device_so" \
		qemu-system-x86_64 -M q35 -accel "tcg,thread=$threads" -cpu "$cpu" -m 1024 -smp 2 \
		-display none -vga none -nodefaults -no-reboot -no-user-config \
		-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off \
		-kernel "$kernel" -initrd "$initrd" \
		-append "console=ttyS0 loglevel=6 intel_iommu=on panic=-1 panic_on_warn=1 oops=panic \
printk.devkmsg=on log_buf_len=4M tsc=unstable clocksource=hpet no_timer_check $cmdline ${GPUPT_SEED:+GPUPT_SEED=$GPUPT_SEED} ${GPUPT_RACE:+GPUPT_RACE=$GPUPT_RACE} \"GPUPT_CARDS=$cards\"" \
		-serial "file:$dir/console" \
		-chardev stdio,id=results,signal=off -serial chardev:results \
		"${control[@]}" -device isa-serial,index=2,iobase=0x3e8,irq=10,chardev=ctls \
		"${devices[@]}" </dev/null 2>"$dir/qemu.log")
	guest_pid=$!
}

stop_guest() {
	kill "$guest_pid" 2>/dev/null || :
	exec {guest_out}<&-
	wait "$guest_pid" 2>/dev/null || :
	[ -z "${sockets:-}" ] || rm -rf "$sockets"
}

# shellcheck shell=bash disable=SC2034,SC2154	# names that cross files
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by tests/install for each case of tests/install-cases, which is a bash file that is run with
# "set -euo pipefail" in namespaces of its own (mounts, processes, network: there is none). It has a
# root of its own, an overlay over one of those that tests/provision makes, to do with as it likes:
#   $root      where it is; $suite, $kernel_a and $kernel_b (empty: not to be had) say what is in it
#   /root/gpupt_reset   in it is the checkout as it is, with what is not committed yet
#   /srv/repo           is the only source of its apt
#   /sys                is empty; the case may put there what it needs
# Programs in it see kernel A as the running one and can load no modules, set no clock, reboot nothing.
#
#   in_root COMMAND...     runs there with a clean environment; its output is in the file $out and its
#                          exit code in $rc
#   must COMMAND...        the same, and it has to succeed
#   running KERNEL         the release that uname tells from now on
#   expect_rc N            of the last in_root or boot
#   expect_out REGEX, expect_no_out REGEX     a line (grep -E) of its output
#   regex TEXT             for those: what matches it and nothing else
#   expect_file PATH, expect_no_file PATH     in the root
#   expect_eq WHAT GOT WANTED
#   fail TEXT, skip TEXT   end the case
#   note TEXT              a line in the log of the case
#   snapshot NAME          remembers the state of the root
#   same_as NAME           is it the same still? What is left out: see excluded() and snapshot_to()
#   gpupt_from_checkout WORD..., expect_built KERNEL, install_kernel_b, remove_kernel_b, expect_configured
#   boot KERNEL SCRIPT     boots the root in QEMU, with the initramfs that it made itself, and runs the
#                          bash script there as root (-eu) when systemd has reached multi-user.target.
#                          Output and exit code are in $out and $rc. What the guest does to files is
#                          done to the root. $machine (default host) names the machine as in tests/vm,
#                          $blacklist modules that are not loaded by themselves (default nouveau,
#                          which fails with the emulated card, and with a WARNING on 6.1),
#                          $cmdline words for the kernel, $boot_seconds the limit; the script has the
#                          functions of tests/guest/lib.sh (bdf, ctl, driver_of, expect_eq, ...).
# Whatever is at work at a host's boot but not for us is masked in boot (see MASKED, SLOW).
# Proxmox VE hosts: see lib/proxmox.sh.

. "$GPUPT_TESTS/lib/proxmox.sh"

# Units that have nothing to do with cards, cost seconds each without KVM, or write where only time is
# kept (random seeds, caches, timestamps), which would be in the way of same_as.
MASKED="systemd-random-seed.service systemd-update-utmp.service systemd-update-utmp-runlevel.service
	systemd-update-done.service systemd-journal-catalog-update.service systemd-hwdb-update.service
	systemd-journal-flush.service ldconfig.service systemd-timesyncd.service systemd-pstore.service
	getty.target systemd-logind.service apt-daily.timer apt-daily-upgrade.timer
	dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer man-db.timer
	systemd-tmpfiles-clean.timer systemd-machine-id-commit.service"

# Drivers of nothing that a case looks at, which take a third of the time of a boot.
SLOW="kvm,kvm_amd,kvm_intel,ccp,aesni_intel,ghash_clmulni_intel,polyval_clmulni,crct10dif_pclmul"
SLOW+=",crc32_pclmul,crc32c_intel,sha512_ssse3,sha256_ssse3,sha1_ssse3,pcspkr,iTCO_wdt,i2c_i801"
SLOW+=",lpc_ich,psmouse,serio_raw,evdev,button,ahci,qemu_fw_cfg,fuse,loop,dm_mod,efi_pstore"

# --- ends and checks ---

note() {
	printf '[%5.1f s] %s\n' "$(elapsed "$began")" "$*"
}

fail() {
	note "FAIL: $*"
	exit 1
}

skip() {
	printf '%s\n' "$*" >"$dir/skip"
	exit "$GPUPT_SKIP"
}

checked() {
	checks=$((checks + 1))
}

expect_rc() {
	checked
	[ "$rc" = "$1" ] || fail "exit code $rc instead of $1: $last"
}

expect_out() {
	checked
	grep -q -E -e "$1" "$out" || fail "no line of the output is like: $1"
}

expect_no_out() {
	checked
	! grep -E -e "$1" "$out" || fail "a line of the output is like: $1"
}

expect_file() {
	checked
	[ -e "$root/${1#/}" ] || [ -L "$root/${1#/}" ] || fail "there is no $1"
}

expect_no_file() {
	checked
	{ [ ! -e "$root/${1#/}" ] && [ ! -L "$root/${1#/}" ]; } || fail "there is a $1"
}

expect_eq() {
	checked
	[ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"
	note "$1: $2"
}

# --- the root ---

mount_root() {
	local lower=$GPUPT_CACHE/hosts/$suite/$kind options node
	lower=$(readlink -f "$lower")
	mkdir -p "$scratch/upper" "$scratch/work" "$root"
	options=lowerdir=$lower,upperdir=$scratch/upper,workdir=$scratch/work
	# volatile: nobody needs this root after a power failure.
	mount -t overlay -o "$options,volatile" root "$root" 2>/dev/null ||
		mount -t overlay -o "$options" root "$root" 2>/dev/null || {
		note "no overlay can be mounted here: copying the root"
		cp -a "$lower/." "$root"
	}
	mount -t proc proc "$root/proc"
	mount -t tmpfs -o mode=755 sys "$root/sys"
	mount -t tmpfs -o mode=755 run "$root/run"
	mount -t tmpfs -o mode=1777 tmp "$root/tmp"
	mount -t tmpfs -o mode=755 bed "$root/mnt"
	mount -t tmpfs -o mode=755 dev "$root/dev"
	# Where a container forbids to make such nodes it still has its own.
	for node in null zero full random urandom; do
		: >"$root/dev/$node"
		mount --bind "/dev/$node" "$root/dev/$node"
	done
	ln -s /proc/self/fd "$root/dev/fd"
	ln -s fd/0 "$root/dev/stdin"
	ln -s fd/1 "$root/dev/stdout"
	ln -s fd/2 "$root/dev/stderr"
	mkdir "$root/dev/shm" "$root/dev/pts"
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
	ln -s pts/ptmx "$root/dev/ptmx"
	mount --bind -o ro "$lower/../repo" "$root/srv/repo"
	cp -a "$work/checkout" "$root/root/gpupt_reset"
	running "$kernel_a"
}

running() {
	stop_running
	mkdir -p "$root/run/bed"
	[ -e "$root/run/bed/uname" ] || cp "$root/usr/bin/uname" "$root/run/bed/uname"
	cat >"$root/run/bed/say" <<-EOS
		#!/bin/sh
		/run/bed/uname "\$@" | sed 's|$(uname -r)|$1|'
	EOS
	chmod 755 "$root/run/bed/say"
	echo "$1" >"$root/run/bed/osrelease"
	mount --bind "$root/run/bed/say" "$root/usr/bin/uname"
	mount --bind "$root/run/bed/osrelease" "$root/proc/sys/kernel/osrelease"
}

stop_running() {
	while mountpoint -q "$root/usr/bin/uname"; do
		umount "$root/usr/bin/uname"
		umount "$root/proc/sys/kernel/osrelease"
	done
}

in_root() {
	note "# $*"
	last="$*"
	rc=0
	setpriv --bounding-set -sys_module,-sys_boot,-sys_time,-sys_rawio chroot "$root" \
		/usr/bin/env -i HOME=/root LC_ALL=C \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		"$@" >"$out" 2>&1 </dev/null || rc=$?
	# apt shows its progress on a terminal.
	sed -i 's/\r*$//; s/.*\r//' "$out"
	sed 's/^/    /' "$out"
	[ "$rc" = 0 ] || note "exit code $rc"
}

must() {
	in_root "$@"
	expect_rc 0
}

# --- comparing ---

# What two states of the root may differ in.
excluded() {
	# The runner's own, or not of the disk.
	printf '%s\n' ./proc ./sys ./dev ./run ./tmp ./mnt ./srv/repo ./root/gpupt_reset
	# Caches and package lists: apt's, debconf's, ldconfig's, man's.
	printf '%s\n' ./var/cache ./var/lib/apt/lists
	printf '%s\n' ./var/log ./var/tmp
	# dpkg's locks and the state before the last change; the state itself is compared as a list of
	# packages, since its order and a purged package's empty entry mean nothing.
	printf '%s\n' ./var/lib/dpkg/{lock,lock-frontend,triggers/Lock,status,status-old} \
		./var/lib/dpkg/{available,available-old,diversions-old,statoverride-old,updates} \
		./var/lib/apt/extended_states
}

# snapshot_to FILE: a line for each file: path, type, mode, owner, then size and hash, or target. Times,
# sizes of directories and numbers of links are left out. An initramfs is compared by what is in it, for
# the times of the files in it make every one different.
snapshot_to() {
	local prune=() path known=$scratch/sums image
	while read -r path; do
		prune+=(-path "$path" -prune -o)
	done < <(excluded)
	stop_running
	[ -e "$known" ] || cp "$GPUPT_CACHE/hosts/$suite/$kind.sums" "$known"
	sums_known=$known sums_of "$root" . >"$known.new"
	mv "$known.new" "$known"
	{
		(cd "$root" && find . -xdev "${prune[@]}" -printf '%P\t%y\t%m\t%u:%g\t%s\t%l\n') | awk -F '\t' '
			FILENAME != "-" {
				path = $0
				sub(/^[^ ]* [^ ]* [^ ]* [^ ]* \.\//, "", path)
				sums[path] = substr($0, 1, 64)
				next
			}
			$2 != "f" || $1 ~ /^boot\/(.*\/)?initrd\.img-[^\/]*$/ { $5 = "" }
			$2 == "f" && $5 != "" { $6 = sums[$1] }
			{
				line = "/" $1 " " $2 " " $3 " " $4 " " $5 " " $6
				sub(/ +$/, "", line)
				print line
			}' "$known" -
		find "$root/boot" -name 'initrd.img-*' -type f | while read -r image; do
			initramfs_content "${image#"$root"}"
		done
		# shellcheck disable=SC2016	# dpkg expands these
		chroot "$root" dpkg-query -W -f '(package) ${Package} ${Version} ${Status}\n' |
			grep -v ' not-installed$'
		chroot "$root" apt-mark showauto | sed 's/^/(automatic) /'
	} | LC_ALL=C sort >"$1"
	running "$(cat "$root/run/bed/osrelease")"
}

# initramfs_content IMAGE
initramfs_content() {
	local image=$1 list
	list=$scratch/initramfs-$(hash_text "$image $(stat -c '%s %y %z' "$root$image")")
	if [ ! -e "$list" ]; then
		rm -rf "$root/tmp/initramfs"
		chroot "$root" unmkinitramfs "$image" /tmp/initramfs
		(
			cd "$root/tmp/initramfs" || exit
			find . ! -type f -printf '%p %y %m %l\n'
			find . -type f -printf '%m ' -exec sha256sum {} \; | awk '{ print $3, "f", $1, $2 }'
		) | sed "s,^\.,(in ${image#/boot/}) ," >"$list"
		rm -rf "$root/tmp/initramfs"
	fi
	cat "$list"
}

snapshot() {
	snapshot_to "$dir/snapshot-$1"
	note "snapshot $1: $(wc -l <"$dir/snapshot-$1") entries"
}

# differs_from NAME: whether it does; prints the differences
differs_from() {
	snapshot_to "$dir/now"
	! diff -U0 --label "then ($1)" --label now "$dir/snapshot-$1" "$dir/now" >"$dir/differences" ||
		return 1
	grep -v '^@@' "$dir/differences"
}

same_as() {
	checked
	! differs_from "$1" || fail "the root is not as it was ($1)"
	note "the root is as it was ($1)"
}

# --- booting ---

boot() {
	local kernel=$1 script=$2 unit line seen='' from=$EPOCHREALTIME bed=$root/mnt/bed
	local words=${cmdline:-}
	local cmdline="root=host rootfstype=9p rw init=/mnt/bed/init systemd.unit=bed.target $words"
	# A warning need not be the end: the console is looked through afterwards.
	cmdline+=" panic_on_warn=0 modprobe.blacklist=$SLOW${blacklist:+,$blacklist}"
	cmdline+=" rootflags=trans=virtio,version=9p2000.L,msize=${msize:-512000},cache=${cache:-loose}"
	[ -s "$root/boot/vmlinuz-$kernel" ] || fail "there is no /boot/vmlinuz-$kernel"
	[ -s "$root/boot/initrd.img-$kernel" ] || fail "there is no /boot/initrd.img-$kernel"
	boots=$((boots + 1))
	note "boot $boots: $kernel on $machine"
	last="boot $kernel"
	stop_running
	machine_of "$machine"
	rm -rf "$bed"
	mkdir -p "$bed/bin" "$bed/units" "$dir/boot-$boots"
	cp "$GPUPT_TESTS/guest/installed/"* "$bed/"
	cp "$GPUPT_TESTS/guest/lib.sh" "$bed/"
	cp "$client" "$bed/bin/vfioc"
	cp /bin/busybox "$bed/bin/usleep"
	printf '%s\n' "$script" >"$bed/script"
	printf '%s\n' "$cards" >"$bed/cards"
	mv "$bed"/*.service "$bed"/*.target "$bed/units/"
	for unit in $MASKED; do
		ln -s /dev/null "$bed/units/$unit"
	done
	devices+=(-fsdev "local,id=host,path=$root,security_model=passthrough,multidevs=remap"
		-device "virtio-9p-pci,fsdev=host,mount_tag=host,addr=1e.0")
	start_guest "$root/boot/vmlinuz-$kernel" "$root/boot/initrd.img-$kernel" "$dir/boot-$boots" \
		"$boot_seconds"
	: >"$out"
	while IFS= read -r -t "$boot_seconds" line <&"$guest_out"; do
		case $line in
		GPUPT-BEGIN) note "the script begins, $(elapsed "$from") s after power on" ;;
		GPUPT-EXIT*)
			rc=${line#GPUPT-EXIT }
			seen=1
			break
			;;
		*)
			printf '%s\n' "$line" >>"$out"
			printf '    %s\n' "$line"
			;;
		esac
	done
	stop_guest
	rm -rf "$bed"
	running "$(cat "$root/run/bed/osrelease")"
	note "boot $boots took $(elapsed "$from") s, exit code ${rc:-none}"
	tr -d '\r' <"$dir/boot-$boots/console" >"$dir/boot-$boots/console.txt"
	[ -n "$seen" ] || {
		tail -n 10 "$dir/boot-$boots/qemu.log"
		tail -n 40 "$dir/boot-$boots/console.txt"
		fail "the guest ended or hung before its script did"
	}
	! grep -E "$BAD" "$dir/boot-$boots/console.txt" | grep -v -E "$STOCK${allowed:+|$allowed}" ||
		fail "the console has such lines"
}

# --- a case ---

# run_case FILE: the whole of a process in namespaces of its own
run_case() {
	local file=$1
	name=$(basename "$file" .sh)
	began=$EPOCHREALTIME
	root=$scratch/root
	out=$dir/out
	rc=0
	last=nothing
	checks=0
	boots=0
	machine=host
	blacklist=nouveau
	boot_seconds=240
	kind=$(header "$file" root ready)
	allowed=$(header "$file" allow-log '')
	kernel_a=$(cat "$GPUPT_CACHE/hosts/$suite/kernel-a")
	kernel_b=$(cat "$GPUPT_CACHE/hosts/$suite/kernel-b")
	# The way it ends has to be told from outside, whatever the case does.
	trap 'note "the case ended at line $LINENO: $BASH_COMMAND"' ERR
	mount_root
	note "$suite, $kind root, kernels $kernel_a and ${kernel_b:-none}"
	. "$file"
	[ "$checks" -gt 0 ] || fail "it checked nothing"
	note "$checks checks"
}

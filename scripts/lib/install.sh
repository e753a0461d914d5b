# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# install and uninstall. Each change is written into the manifest before it is made, and undone from there:
# by uninstall, and by an install that fails, which takes back what it did itself.

STATE=/var/lib/gpupt
MANIFEST=$STATE/manifest
PENDING=$STATE/initramfs-pending
PREVIOUS=$STATE/previous-source
CHECKOUT=$GPUPT_HOME/..
# What DKMS needs of the checkout.
SOURCE_PARTS="Makefile Kbuild dkms.conf VERSION LICENSE src include"
SHARE=/usr/local/share/gpupt

# --- the manifest: lines of "KIND<tab>PATH[<tab>MORE]", oldest first ---
#
#	file	PATH	SHA256	made by us
#	saved	PATH	SHA256	was there before; the original is below $STATE/original ("link" where a link of ours
#				took its place)
#	link	PATH		a symbolic link
#	dir	PATH		removed if empty
#	tree	PATH		removed with all that is in it
#	dkms	VERSION
#	key	PATH		of DKMS, made by a build of ours
#	package	NAME		installed for us
#	complete VERSION

record() {
	local line
	line=$(printf '%s\t' "$@")
	line=${line%$'\t'}
	# What is said last of a path counts.
	[ "$(awk -F '\t' -v kind="$1" -v path="$2" '$1 == kind && $2 == path { last = $0 } END { print last }' \
		"$MANIFEST" 2>/dev/null)" != "$line" ] || return 0
	# Undone in the order of first mention, whatever is written about it later.
	{ mkdir -p "$STATE" && printf '%s\n' "$line" >>"$MANIFEST" && sync "$MANIFEST"; } 2>/dev/null || {
		complain "cannot write $MANIFEST: is the disk full or read-only?"
		return 1
	}
}

recorded() {
	[ -e "$MANIFEST" ] && awk -F '\t' -v kind="$1" -v path="$2" \
		'$1 == kind && $2 == path { found = 1 } END { exit !found }' "$MANIFEST"
}

# recorded_all KIND
recorded_all() {
	sed -n "s/^$1\t//p" "$MANIFEST" 2>/dev/null || :
}

forget() {
	awk -F '\t' -v kind="$1" -v path="$2" '!($1 == kind && $2 == path)' "$MANIFEST" >"$MANIFEST.new" &&
		mv "$MANIFEST.new" "$MANIFEST"
}

is_complete() {
	[ -n "$(recorded_all complete)" ]
}

# Also when it is half installed, or removed but its configuration is still there.
package_installed() {
	case $(dpkg-query -W -f '${db:Status-Status}' gpupt-reset-dkms 2>/dev/null) in
	'' | not-installed) return 1 ;;
	esac
}

hash_of() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# --- changes ---

# make_dirs PATH: what is missing of it
make_dirs() {
	[ ! -d "$1" ] || return 0
	{ make_dirs "$(dirname "$1")" && record dir "$1" && mkdir "$1" 2>/dev/null; } || {
		complain "cannot make $1"
		return 1
	}
}

mode_of() {
	if [ -x "$1" ]; then
		echo 755
	else
		echo 644
	fi
}

# put_file SOURCE PATH: as root's, readable for all
put_file() {
	local from=$1 to=$2
	past_build=1
	make_dirs "$(dirname "$to")" || return 1
	if ! recorded file "$to" && ! recorded saved "$to" && { [ -e "$to" ] || [ -L "$to" ]; }; then
		{ mkdir -p "$STATE/original${to%/*}" && cp -a "$to" "$STATE/original$to"; } || {
			complain "cannot keep the original of $to"
			return 1
		}
		record saved "$to" "$(hash_of "$from")" || return 1
	elif recorded saved "$to"; then
		record saved "$to" "$(hash_of "$from")" || return 1
	else
		record file "$to" "$(hash_of "$from")" || return 1
	fi
	{ install -m "$(mode_of "$from")" -o root -g root "$from" "$to.gpupt-new" && mv "$to.gpupt-new" "$to"; } || {
		rm -f "$to.gpupt-new"
		complain "cannot write $to"
		return 1
	}
}

# put_files SOURCE PATH...
put_files() {
	while [ $# -gt 0 ]; do
		put_file "$1" "$2" || return 1
		shift 2
	done
}

put_link() {
	past_build=1
	if ! recorded link "$2" && ! recorded saved "$2" && { [ -e "$2" ] || [ -L "$2" ]; }; then
		{ mkdir -p "$STATE/original${2%/*}" && cp -a "$2" "$STATE/original$2" && record saved "$2" link; } || {
			complain "cannot keep the original of $2"
			return 1
		}
	fi
	{ make_dirs "$(dirname "$2")" && { recorded saved "$2" || record link "$2"; } && ln -sfn "$1" "$2"; } || {
		complain "cannot make the link $2"
		return 1
	}
}

install_packages() {
	local there name
	there=$(dpkg-query -W -f '${Package}\t${db:Status-Status}\n' | sed -n 's/\tinstalled$//p')
	for name in $(apt-get -s --no-install-recommends install "$@" | sed -n 's/^Inst \([^ ]*\).*/\1/p' |
		grep -vxF "$there"); do
		record package "$name" || return 1
	done
	logged env DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 install "$@" || {
		tell_subscription
		complain "apt-get install $* failed, see $GPUPT_LOG; when that works, run gpupt install again"
		return 1
	}
}

# source_matches VERSION: whether DKMS has what the checkout has
source_matches() {
	local part
	for part in $SOURCE_PARTS; do
		diff -rq "$CHECKOUT/$part" "/usr/src/$DKMS_NAME-$1/$part" >/dev/null 2>&1 || return 1
	done
}

# dkms_remove VERSION: also one whose source is gone, of which DKMS removes nothing; 3.0 says then that it did.
# Its exit code is an error also for what is only added: what is left of it counts.
dkms_remove() {
	local kernel module state
	state=$(dkms_state "$1")
	logged dkms remove -m "$DKMS_NAME" -v "$1" --all || :
	[ "$state" = broken ] || return 0
	for module in /lib/modules/*/updates/dkms/"$MODULE".ko*; do
		kernel=$(cut -d / -f 4 <<<"$module")
		[ "$(modinfo -F version "$module" 2>/dev/null)" = "$1" ] || continue
		rm -f "$module"
		depmod "$kernel" || :
	done
	rm -rf "/var/lib/dkms/${DKMS_NAME:?}/${1:?}" || return 1
	find "/var/lib/dkms/$DKMS_NAME" -maxdepth 1 -xtype l -delete 2>/dev/null || :
	rmdir "/var/lib/dkms/$DKMS_NAME" 2>/dev/null || :
}

add_source() {
	local version=$1 dir=/usr/src/$DKMS_NAME-$1 part
	# Half done; what is there now is not what the checkout has.
	if [ "$(dkms_state "$version")" != none ]; then
		dkms_remove "$version" || :
	fi
	{ make_dirs /usr/src && record tree "$dir"; } || return 1
	if [ -d "$dir" ] && is_complete; then
		# Until the new one has been built.
		{ rm -rf "$PREVIOUS" && mv "$dir" "$PREVIOUS"; } || {
			complain "cannot keep $dir in $PREVIOUS"
			return 1
		}
	fi
	{ rm -rf "$dir" && mkdir "$dir"; } || {
		complain "cannot write $dir"
		return 1
	}
	for part in $SOURCE_PARTS; do
		# What a build left in the checkout stays there.
		tar -C "$CHECKOUT" --exclude='*.o' --exclude='*.ko' --exclude='.*.cmd' --exclude='*.o.d' \
			-c "$part" | tar -C "$dir" --no-same-owner --no-same-permissions -x || {
			complain "cannot write $dir"
			return 1
		}
	done
	chmod -R u=rwX,go=rX "$dir"
	record dkms "$version" || return 1
	logged dkms add -m "$DKMS_NAME" -v "$version" || {
		complain "dkms add failed, see $GPUPT_LOG"
		return 1
	}
}

build_for() {
	local version=$1 kernel=$2 key log dir
	for key in /var/lib/dkms/mok.key /var/lib/dkms/mok.pub; do
		[ -e "$key" ] || recorded key "$key" || record key "$key" || return 1
	done
	for dir in "/lib/modules/$kernel/updates" "/lib/modules/$kernel/updates/dkms"; do
		[ -d "$dir" ] || record dir "$dir" || return 1
	done
	# By itself it does not put an older module in the place of a newer one; DKMS 3.0 says that it did.
	logged dkms install --force -m "$DKMS_NAME" -v "$version" -k "$kernel" || {
		log=/var/lib/dkms/$DKMS_NAME/$version/build/make.log
		{ echo "--- $log" && cat "$log"; } >>"$GPUPT_LOG" 2>/dev/null || :
		complain "the module could not be built for $kernel: the reason is at the end of $GPUPT_LOG. \
When that is mended, run gpupt install again; a kernel that is not needed can be removed instead"
		return 1
	}
	{ [ "$(dkms_state "$version" "$kernel")" = installed ] &&
		[ "$(module_version_on_disk "$kernel")" = "$version" ]; } || {
		complain "DKMS says that it built the module for $kernel, which does not have it (dkms status)"
		return 1
	}
}

remove_version() {
	past_build=1
	dkms_remove "$1" || :
	rm -rf "/usr/src/${DKMS_NAME:?}-${1:?}"
	forget dkms "$1"
	forget tree "/usr/src/$DKMS_NAME-$1"
}

reload_units() {
	if [ -d /run/systemd/system ]; then
		logged systemctl daemon-reload || :
	fi
}

# load_module: a module that does not load is no reason to take its installation back.
load_module() {
	info "loading $MODULE"
	write_options || finish "$EXIT_ERROR"
	logged modprobe "$MODULE" || {
		dmesg 2>/dev/null | tail -n 5 >>"$GPUPT_LOG" || :
		complain "installed, but modprobe $MODULE failed: $(grep "^modprobe:" "$GPUPT_LOG" | tail -n 1)"
		finish "$EXIT_ERROR"
	}
}

# --- install ---

# own_files: files of the helper and of /etc, as lines "SOURCE PATH"
own_files() {
	local from
	for from in gpupt lib/*.sh; do
		echo "$from $SHARE/$from"
	done
	echo "../VERSION $SHARE/VERSION"
	echo "gpupt.8 /usr/local/share/man/man8/gpupt.8"
	echo "gpupt.bash-completion /usr/local/share/bash-completion/completions/gpupt"
	find etc -type f | sort | sed 's,.*,& /&,'
}

# own_links: lines "TARGET PATH"
own_links() {
	echo "../share/gpupt/gpupt /usr/local/sbin/gpupt"
	find etc -type l -printf '%l /%p\n' | sort
}

# changed_files: those of own_files whose PATH differs from SOURCE now
changed_files() {
	local from to
	own_files | while read -r from to; do
		cmp -s "$from" "$to" && [ "$(stat -c %a:%u "$to")" = "$(mode_of "$from"):0" ] || echo "$from $to"
	done
}

# changed_links: those of own_links that are not so now
changed_links() {
	local to from
	own_links | while read -r to from; do
		[ "$(readlink "$from")" = "$to" ] || echo "$to $from"
	done
}

# former_files: lines "KIND<tab>PATH" of the manifest that this version has no longer
former_files() {
	local own
	own=$({ own_files && own_links; } | cut -d ' ' -f 2)
	[ ! -e "$MANIFEST" ] || to_undo 1 | while IFS=$'\t' read -r kind path; do
		case $kind in
		file | saved | link) grep -qxF "$path" <<<"$own" || printf '%s\t%s\n' "$kind" "$path" ;;
		esac
	done
}

missing_packages() {
	local kernel name
	# DKMS only recommends the compiler, and headers of Proxmox VE do not ask for it.
	command -v dkms >/dev/null || echo dkms
	command -v gcc >/dev/null || echo gcc
	command -v make >/dev/null || echo make
	command -v jq >/dev/null || echo jq
	command -v lspci >/dev/null || echo pciutils
	case $(secure_boot) in
	missing) echo mokutil ;;
	on) command -v openssl >/dev/null || echo openssl ;;
	esac
	for kernel; do
		has_headers "$kernel" && continue
		for name in $(headers_packages "$kernel"); do
			echo "$name"
		done
	done
	later_headers
}

# later_headers: beside each package that brings later kernels, the one that brings their headers
later_headers() {
	local name headers
	for name in $(dpkg-query -W -f '${db:Status-Status}\t${Package}\n' 'linux-image-*' 'proxmox-kernel-[0-9]*' \
		proxmox-default-kernel 2>/dev/null | sed -n 's/^installed\t//p'); do
		headers=${name/#linux-image-/linux-headers-}
		headers=${headers/#proxmox-kernel-/proxmox-headers-}
		headers=${headers/%-default-kernel/-default-headers}
		# A kernel itself, whose headers are in the list already.
		[ ! -e "/boot/vmlinuz-${headers#*-headers-}" ] || continue
		[[ $name != *-unsigned && $name != *-dbg && $name != *-signed ]] || continue
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$headers" 2>/dev/null)" = installed ] || echo "$headers"
	done
}

has_candidate() {
	[[ $(apt-cache policy "$1" 2>/dev/null) == *"  Candidate: "[!\(]* ]]
}

# know_packages NAME...: a new host has often no package lists, or old ones.
know_packages() {
	local name
	for name; do
		has_candidate "$name" && continue
		[ -z "$dry_run" ] || {
			warn "apt does not know $name as it is; gpupt install asks the mirror again (apt-get update)"
			return
		}
		info "asking the mirror for $name (apt-get update)"
		logged env apt-get -q -o DPkg::Lock::Timeout=300 update || warn "apt-get update failed, see $GPUPT_LOG"
		tell_subscription
		return 0
	done
}

# tell_subscription: whether what apt did last ended at the repositories that want one, which a new host of
# Proxmox VE has and may not use
tell_subscription() {
	local files
	tac "$GPUPT_LOG" | sed '/^--- /q' | grep '//enterprise\.proxmox\.com/.* 401 ' >/dev/null || return 0
	files=$(grep -lsE '^[^#]*//enterprise\.proxmox\.com/' /etc/apt/sources.list /etc/apt/sources.list.d/*) || :
	warn "enterprise.proxmox.com refuses apt (401), for this host has no subscription: take it out of \
${files//$'\n'/ } (Enabled: no), or give the host a key (pvesubscription set KEY)"
}

# repository_advice: what is to be done about a package of Proxmox VE that apt does not know, when the reason is
# that no repository which would have it may be used
repository_advice() {
	local uris why line key=/usr/share/keyrings/proxmox-archive-keyring.gpg
	is_proxmox || return 0
	# Of every repository that is enabled, in either format.
	uris=$(apt-get update --print-uris 2>/dev/null) || :
	if [[ $uris != *proxmox* ]]; then
		why="apt has no repository of Proxmox VE"
	elif [[ $uris == *//enterprise.proxmox.com/* && $uris != *//download.proxmox.com/* ]] &&
		! grep -qsr 'enterprise\.proxmox\.com' /etc/apt/auth.conf /etc/apt/auth.conf.d; then
		why="apt has only those repositories of Proxmox VE that want a subscription, and no key"
	else
		return 0
	fi
	line="deb $([ ! -e "$key" ] || echo "[signed-by=$key] ")http://download.proxmox.com/debian/pve \
$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release) pve-no-subscription"
	echo "$why: give the host one (pvesubscription set KEY), or write this line into \
/etc/apt/sources.list.d/pve-no-subscription.list: $line"
}

# check_source: root is about to run what is in the checkout. The rule is git's for its own directories.
check_source() {
	local found
	# shellcheck disable=SC2086	# a list of words
	found=$(cd "$CHECKOUT" && {
		find . -maxdepth 0 ! -uid 0 ! -uid "${SUDO_UID:-0}" -print
		find scripts $SOURCE_PARTS \( ! -uid 0 ! -uid "${SUDO_UID:-0}" -o ! -type l -perm /002 \) -print -quit
	}) || :
	[ -z "$found" ] ||
		die "$EXIT_UNSAFE" "${found%%$'\n'*} belongs to somebody else, or everybody may write it, and root would run \
what is in there: use a clone of your own (sudo), or chown -R root: and chmod -R o-w it"
}

# check_room PATH MEGABYTES...: what is on one file system is added up.
check_room() {
	local path target avail
	local -A wanted=() there=()
	while [ $# -gt 0 ]; do
		path=$1
		while [ ! -e "$path" ]; do
			path=$(dirname "$path")
		done
		[ -w "$path" ] || die "$EXIT_ERROR" "$path cannot be written: is it mounted read-only?"
		read -r target avail < <(df --output=target,avail -BM "$path" | tail -n 1)
		wanted[$target]=$((${wanted[$target]:-0} + $2))
		there[$target]=${avail%M}
		shift 2
	done
	for target in "${!wanted[@]}"; do
		[ "${there[$target]}" -ge "${wanted[$target]}" ] || die "$EXIT_ERROR" \
			"the disk of $target has ${there[$target]} MB free, and ${wanted[$target]} are needed: nothing was changed"
	done
}

# initrd_mb: update-initramfs writes the new one beside the old.
initrd_mb() {
	local largest
	largest=$(find /boot -maxdepth 1 -name 'initrd.img-*' -printf '%s\n' 2>/dev/null | sort -n | tail -n 1)
	echo $((${largest:-50000000} / 1000000 + 10))
}

take_lock() {
	exec {lock}>/run/gpupt.lock
	# DKMS leaves a child for seconds, which has our lock.
	flock -w 5 "$lock" || die "$EXIT_ERROR" "another gpupt is at work: wait for it"
}

command_install() {
	local version kernel old all targets=() missing packages=() helper=() name from to running advice
	need_root
	[ -e "$CHECKOUT/dkms.conf" ] ||
		die "$EXIT_ERROR" "this gpupt is installed already; a newer one is installed from its checkout: scripts/gpupt install"
	CHECKOUT=$(cd "$CHECKOUT" && pwd)
	! package_installed ||
		die "$EXIT_ERROR" "the package gpupt-reset-dkms is installed, or its configuration is, and does the same: \
apt purge gpupt-reset-dkms first"
	check_source
	cd "$GPUPT_HOME" || exit
	for name in apt-get depmod flock; do
		need "$name" "apt kmod util-linux"
	done
	take_lock

	version=$(own_version)
	running=$(uname -r)
	if ! recorded tree "/usr/src/$DKMS_NAME-$version" &&
		{ [ -e "/usr/src/$DKMS_NAME-$version" ] || [ "$(dkms_state "$version")" != none ]; }; then
		die "$EXIT_ERROR" "$DKMS_NAME $version is there already, not by gpupt install: first dkms remove \
$DKMS_NAME/$version --all; rm -rf /usr/src/$DKMS_NAME-$version /var/lib/dkms/$DKMS_NAME/$version"
	fi
	mapfile -t all < <(kernels)
	[ ${#all[@]} -gt 0 ] || die "$EXIT_ERROR" "no kernel is installed here (a container?): install on the host itself"
	for kernel in "${all[@]}"; do
		if in_window "$CHECKOUT/dkms.conf" "$kernel"; then
			targets+=("$kernel")
		else
			warn "$kernel is not one of the kernels that $MODULE is for (6.1 to 7.3): skipped"
		fi
	done
	[ ${#targets[@]} -gt 0 ] || die "$EXIT_ERROR" "none of the installed kernels is one that $MODULE is for"

	mapfile -t missing < <(missing_packages "${targets[@]}" | sort -u)
	know_packages ${missing[@]+"${missing[@]}"}
	for name in ${missing[@]+"${missing[@]}"}; do
		! has_candidate "$name" || packages+=("$name")
	done
	command -v dkms >/dev/null || [[ " ${packages[*]} " == *" dkms "* ]] ||
		die "$EXIT_ERROR" "DKMS is missing, and apt does not know it: apt update, then again"
	for kernel in "${targets[@]}"; do
		has_headers "$kernel" && continue
		name=$(headers_packages "$kernel")
		[[ " ${packages[*]} " != *" ${name%% *} "* ]] || continue
		if [ "$kernel" = "$running" ] || [ ${#targets[@]} = 1 ]; then
			advice=$(repository_advice)
			die "$EXIT_ERROR" "the headers of $kernel are missing, and apt does not know their package, \
${name%% *}. ${advice:-apt update may find it; if no repository has it any more, apt install ${name##* } and boot the \
newest kernel}"
		fi
		warn "the headers of $kernel (${name%% *}) are missing, and apt does not know them: it will not have the module"
		for i in "${!targets[@]}"; do
			[ "${targets[i]}" != "$kernel" ] || unset "targets[i]"
		done
	done

	# --- the plan ---
	[ ${#packages[@]} = 0 ] || act "apt-get install ${packages[*]}" install_packages "${packages[@]}"
	if ! source_matches "$version" || ! command -v dkms >/dev/null || [ "$(dkms_state "$version")" = none ]; then
		act "copy the source to /usr/src/$DKMS_NAME-$version, for DKMS" add_source "$version"
		for kernel in "${targets[@]}"; do
			act "build the module for $kernel" build_for "$version" "$kernel"
		done
	else
		for kernel in "${targets[@]}"; do
			[ "$(dkms_state "$version" "$kernel")" = installed ] ||
				act "build the module for $kernel" build_for "$version" "$kernel"
		done
	fi
	for old in $(recorded_all dkms); do
		[ "$old" = "$version" ] || act "remove version $old" remove_version "$old"
	done
	while read -r from to; do
		case $to in
		/usr/local/*) helper+=("$GPUPT_HOME/$from" "$to") ;;
		*) act "write $to" put_file "$GPUPT_HOME/$from" "$to" ;;
		esac
	done < <(changed_files)
	[ ${#helper[@]} = 0 ] ||
		act "write gpupt itself, its man page and completion to /usr/local" put_files "${helper[@]}"
	while read -r to from; do
		act "link $from to $to" put_link "$to" "$from"
	done < <(changed_links)
	while IFS=$'\t' read -r from to; do
		act "$(describe "$from" "$to"), which this version has not" undo "$from" "$to"
	done < <(former_files)
	if [ ${#acts[@]} -gt 0 ] || [ -e "$PENDING" ]; then
		act "tell systemd" reload_units
		plan_boot_images
		act "note that the images are up to date" images_updated
	fi
	[ "$(recorded_all complete | tail -n 1)" = "$version" ] ||
		act "note the end of the installation" mark_complete "$version"
	[ ${#acts[@]} = 0 ] || {
		check_room /usr/src 5 /var/lib/dkms $((40 + 20 * ${#targets[@]})) "/lib/modules/${all[0]}" 10 \
			/boot "$(initrd_mb)" /etc 1 /usr/local 1 "$STATE" 1 /var/log 1 /tmp 60
		info "$MODULE $version, for ${targets[*]}:"
	}
	if [ ${#acts[@]} = 0 ]; then
		info "$MODULE $version is installed for ${targets[*]}"
		[ -n "$dry_run" ] || is_loaded || after_install "$running"
		stale_advice || finish "$EXIT_REBOOT"
	fi
	show_plan ask
	confirm "Go on?"

	local first=0
	[ ! -e "$MANIFEST" ] || first=$(wc -l <"$MANIFEST")
	[ ! -e "$PENDING" ] || was_pending=1
	trap 'interrupted "$first"' EXIT
	trap 'exit 130' INT TERM HUP
	{ mkdir -p "$STATE" && : >"$PENDING"; } || die "$EXIT_ERROR" "cannot write $STATE"
	run_plan || {
		trap - INT TERM HUP
		take_back "$first"
		finish "$EXIT_ERROR"
	}
	trap - EXIT INT TERM HUP
	after_install "$running"
}

mark_complete() {
	local former
	rm -rf "$PREVIOUS"
	for former in $(recorded_all complete); do
		forget complete "$former" || return 1
	done
	record complete "$1"
}

stale_advice() {
	is_stale || return 0
	warn "an older $MODULE is loaded: reboot, or while no virtual machine has a card: rmmod $MODULE, \
then modprobe $MODULE"
	return 1
}

after_install() {
	local once=
	warn_of_ids
	advise_secure_boot || once=", once its key is enrolled"
	if ! built_for "$1"; then
		info "installed; it is loaded at the next boot (the running kernel, $1, does not have it)$once"
		finish "$EXIT_REBOOT"
	fi
	[ -z "$once" ] || finish "$EXIT_REBOOT"
	is_loaded || load_module
	stale_advice || finish "$EXIT_REBOOT"
	info "installed and loaded. Next: gpupt list, gpupt status"
	finish "$EXIT_DONE"
}

# interrupted LINES: by a signal, or by a mistake in this program. It runs as a trap, where "return" without
# a number gives bash's exit code from before the signal: what is called from here has to name its own.
interrupted() {
	trap '' INT TERM HUP
	complain "interrupted"
	end_logged
	take_back "$1"
	finish "$EXIT_ERROR"
}

# take_back LINES: undoes what was recorded behind the first LINES lines
take_back() {
	local lines rc=0 but=
	if [ "$1" != 0 ] && [ -n "$past_build" ]; then
		# The new module has been built, and the old one may be gone: what is left is to go on.
		for lines in $(recorded_all complete); do
			forget complete "$lines"
		done
		info "what was installed before is partly replaced: when the reason is mended, run gpupt install again"
		return 0
	fi
	info "taking back what was done"
	if [ -e "$MANIFEST" ]; then
		mapfile -t lines < <(to_undo "$(($1 + 1))")
		undo_all "${lines[@]}" || rc=1
		[ "$1" != 0 ] || remove_packages || rc=1
		# These say themselves what is left to do.
		[ -z "$images_touched" ] || update_initramfs || but=" but the images, see above"
		[ -z "$images_touched" ] || ! boots_with_boot_tool || refresh_boot_tool ||
			but=" but the images, see above"
	fi
	put_previous_back || rc=1
	[ "$1" = 0 ] || put_modules_back || rc=1
	if [ "$rc" != 0 ]; then
		info "not all of it could be taken back: when the reason is mended, run gpupt uninstall, or install again"
		return 0
	fi
	[ -n "$was_pending" ] || rm -f "$PENDING"
	if [ "$1" = 0 ]; then
		rm -rf "$STATE"
		info "nothing is left of it$but"
	else
		info "the installation that was there is as it was; run gpupt install again when the reason is mended"
	fi
}

# put_previous_back: the source of the same version that an installation was replacing
put_previous_back() {
	local version kernel rc=0
	[ -d "$PREVIOUS" ] || return 0
	version=$(cat "$PREVIOUS/VERSION")
	info "building again what there was"
	dkms_remove "$version" || :
	{ rm -rf "/usr/src/$DKMS_NAME-$version" && mv "$PREVIOUS" "/usr/src/$DKMS_NAME-$version" &&
		logged dkms add -m "$DKMS_NAME" -v "$version"; } || {
		complain "version $version could not be put back: run gpupt install again"
		return 1
	}
	for kernel in $(kernels); do
		if in_window "/usr/src/$DKMS_NAME-$version/dkms.conf" "$kernel" && has_headers "$kernel"; then
			logged dkms install -m "$DKMS_NAME" -v "$version" -k "$kernel" || {
				complain "version $version could not be built again for $kernel, see $GPUPT_LOG"
				rc=1
			}
		fi
	done
	return "$rc"
}

# put_modules_back: of a former version, which DKMS leaves built when it takes the later one away
put_modules_back() {
	local version kernel rc=0
	command -v dkms >/dev/null || return 0
	for version in $(recorded_all dkms); do
		for kernel in $(kernels); do
			[ "$(dkms_state "$version" "$kernel")" = built ] || continue
			info "putting the module of version $version back for $kernel"
			logged dkms install --force -m "$DKMS_NAME" -v "$version" -k "$kernel" || {
				complain "$kernel has no module now, see $GPUPT_LOG"
				rc=1
			}
		done
	done
	return "$rc"
}

# --- undo ---

# to_undo LINE: what was first recorded from there on, latest first; a key or directory once all else is gone
to_undo() {
	awk -F '\t' -v from="$1" '$1 != "package" && !seen[$1, $2]++ && NR >= from { print $1 "\t" $2 }' "$MANIFEST" |
		tac |
		awk -F '\t' '$1 == "dir" || $1 == "key" { last[n++] = $0; next } { print }
			END { for (i = 0; i < n; i++) print last[i] }'
}

# undo_all LINE...: each is tried, whatever became of the one before
undo_all() {
	local line rc=0
	for line; do
		undo "${line%%$'\t'*}" "${line#*$'\t'}" || rc=1
	done
	return "$rc"
}

# undo KIND PATH
undo() {
	local kind=$1 path=$2 rc=0
	case $kind in
	file | saved) undo_file "$kind" "$path" || rc=1 ;;
	link) rm -f "$path" || rc=1 ;;
	dir) rmdir --ignore-fail-on-non-empty "$path" 2>/dev/null || : ;;
	tree) rm -rf "$path" || rc=1 ;;
	dkms) undo_dkms "$path" || rc=1 ;;
	key) undo_key "$path" ;;
	complete) ;;
	*) return 0 ;;
	esac
	[ "$rc" = 0 ] || {
		complain "cannot undo: $kind $path"
		return 1
	}
	forget "$kind" "$path"
}

undo_file() {
	local kind=$1 path=$2 hash
	hash=$(awk -F '\t' -v path="$path" '($1 == "file" || $1 == "saved") && $2 == path { hash = $3 } END { print hash }' \
		"$MANIFEST")
	if [ -e "$path" ] && { [ "$hash" != link ] || [ ! -L "$path" ]; } && [ "$(hash_of "$path")" != "$hash" ] && [ -s "$path" ] &&
		! { [ "$kind" = saved ] && cmp -s "$path" "$STATE/original$path"; }; then
		mkdir -p "/var/backups/gpupt${path%/*}" && cp -a "$path" "/var/backups/gpupt$path" &&
			warn "$path had been changed since; that is kept in /var/backups/gpupt$path"
	fi
	if [ "$kind" = saved ]; then
		rm -f "$path" && cp -a "$STATE/original$path" "$path"
	else
		rm -f "$path"
	fi
}

undo_dkms() {
	local module
	if ! command -v dkms >/dev/null; then
		# DKMS was removed before us, and left what it had built.
		rm -rf "/var/lib/dkms/$DKMS_NAME" || return 1
		for module in /lib/modules/*/updates/dkms/"$MODULE".ko*; do
			[ -e "$module" ] || continue
			rm -f "$module"
			depmod "$(cut -d / -f 4 <<<"$module")"
		done
		return 0
	fi
	dkms_remove "$1" || :
	[ "$(dkms_state "$1")" = none ] && [ ! -e "/var/lib/dkms/$DKMS_NAME/$1" ]
}

# A key that the firmware has been told of, or that other modules are signed with, stays.
undo_key() {
	[ -e "$1" ] || return 0
	if [ -n "$(find /var/lib/dkms -mindepth 2 -maxdepth 2 -type d -print -quit 2>/dev/null)" ] || { [ "$(secure_boot)" = on ] && [ "$(key_state)" != missing ]; }; then
		warn "$1, which DKMS made, stays: it is in use"
	else
		rm -f "$1"
	fi
}

# Not modprobe -r: an administrator's softdep may take vfio-pci along.
unload_module() {
	logged rmmod "$MODULE" || {
		warn "$MODULE stays loaded until the next reboot"
		reboot_needed=1
	}
}

# remove_packages: those that were installed for us, if nothing else has come to need them
remove_packages() {
	local name names=() others
	for name in $(recorded_all package); do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" != installed ] || names+=("$name")
	done
	if [ ${#names[@]} -gt 0 ]; then
		others=$(apt-get -s purge "${names[@]}" 2>/dev/null | sed -n 's/^Purg \([^ ]*\).*/\1/p' |
			grep -vxF "$(printf '%s\n' "${names[@]}")") || :
		if [ -n "$others" ]; then
			warn "other packages need what was installed, which stays: $(paste -sd' ' - <<<"$others")"
		else
			logged env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=300 purge "${names[@]}" || {
				complain "apt-get purge failed, see $GPUPT_LOG; then run gpupt uninstall again"
				return 1
			}
		fi
	fi
	for name in $(recorded_all package); do
		forget package "$name"
	done
}

remove_state() {
	rm -rf "$STATE" "$GPUPT_LOG" /var/log/gpupt-build-*.log
}

describe() {
	case $1 in
	file | link | tree) echo "remove $2" ;;
	saved) echo "put $2 back as it was" ;;
	dkms) echo "remove version $2 from DKMS, and from every kernel" ;;
	key) echo "remove $2 if nothing else uses it" ;;
	complete) echo "note that it is no longer installed" ;;
	esac
}

command_uninstall() {
	local kind path packages rest=()
	reboot_needed=
	need_root
	! package_installed || die "$EXIT_ERROR" "the package installed it: apt purge gpupt-reset-dkms"
	if [ ! -e "$MANIFEST" ]; then
		[ -z "$(dkms_versions)" ] ||
			warn "DKMS knows $DKMS_NAME, but not from gpupt install: dkms remove $DKMS_NAME/VERSION --all removes it"
		[ -n "$dry_run" ] || rm -rf "$STATE"
		show_plan
	fi
	take_lock
	! is_loaded || act "unload $MODULE" unload_module
	[ ! -e "$RUN_OPTIONS" ] || act "remove $RUN_OPTIONS" rm -f "$RUN_OPTIONS"
	if [ -d "$GPUPT_D" ]; then
		act "remove $GPUPT_D: no card is claimed at boot any more" rm -rf "$GPUPT_D"
	fi
	while IFS=$'\t' read -r kind path; do
		case $kind:$path in
		dir:* | *:/usr/local/*) rest+=("$kind"$'\t'"$path") ;;
		*) act "$(describe "$kind" "$path")" undo "$kind" "$path" ;;
		esac
	done < <(to_undo 1)
	[ ${#rest[@]} = 0 ] || act "remove gpupt itself, and the directories made for it" undo_all "${rest[@]}"
	packages=$(recorded_all package | paste -sd' ' -)
	[ -z "$packages" ] || act "remove the packages that were installed for it: $packages" remove_packages
	act "tell systemd" reload_units
	# Last, for DKMS has a file in there as well.
	plan_boot_images
	act "remove $STATE and the logs" remove_state
	info "gpupt uninstall:"
	show_plan ask
	confirm "Go on?"
	# bash reads a program as it runs it; this one is about to be removed.
	run_plan || {
		complain "gpupt uninstall can be run again"
		finish "$EXIT_ERROR"
	}
	[ -z "$reboot_needed" ] || finish "$EXIT_REBOOT"
	info "gone"
	finish "$EXIT_DONE"
}

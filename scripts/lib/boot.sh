# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Claims at boot: one file per card in /etc/gpupt.d, and all that has to know of them: the initramfs of every kernel,
# where the hook has boot-options, and modprobe of the running system.

GPUPT_D=/etc/gpupt.d
RUN_OPTIONS=/run/modprobe.d/gpupt_claim.conf
WORD_EXAMPLES="01:00, 0000:01:00=10de:2204 or 10de:2204"

# boot_words FILE: its words, also of a file that was written on Windows
boot_words() {
	tr ',\r' '  ' <"$1" | sed 's/#.*//' | tr -s ' \t' '\n' | awk NF
}

# read_word WORD: sets $slot, without a function, and $id to what it asks for; one of them may be empty, both are
# for force. The initramfs and the kernel's claim= know the same words.
read_word() {
	local hex='[0-9a-f]' word=${1,,}
	slot=
	id=
	[ "$1" != force ] || return 0
	if [[ $word =~ ^($hex{4}:$hex{4})$ ]]; then
		id=$word
	elif [[ $word =~ ^(($hex{4,8}):)?($hex{2}:[01]$hex)(\.[0-7])?(=($hex{4}:$hex{4}))?$ ]]; then
		slot=${BASH_REMATCH[2]:-0000}:${BASH_REMATCH[3]}
		id=${BASH_REMATCH[6]}
	else
		return 1
	fi
}

# gpus_of SLOT ID: what a word asks for; either may be empty, and an ID is only looked at without a slot
gpus_of() {
	local gpu
	for gpu in $(gpus); do
		if [ -n "$1" ]; then
			[ "$(slot_of "$gpu")" != "$1" ] || echo "$gpu"
		elif [ "$(id_of "$gpu")" = "$2" ]; then
			echo "$gpu"
		fi
	done
}

# boot_gpus FILE: those that it names, whatever ID it has for a slot
boot_gpus() {
	local word slot id
	boot_words "$1" | while IFS= read -r word; do
		{ read_word "$word" && [ -n "$slot$id" ]; } || continue
		gpus_of "$slot" "$id"
	done
}

# bad_words FILE
bad_words() {
	local word slot id
	boot_words "$1" | while IFS= read -r word; do
		read_word "$word" || printf '%s\n' "$word"
	done
}

# boot_file GPU: where it is claimed; whoever wrote it by hand may have named it otherwise.
boot_file() {
	local file
	for file in "$GPUPT_D"/*.conf; do
		[ -e "$file" ] || continue
		if [[ " $(boot_gpus "$file" | paste -sd' ' -) " == *" $1 "* ]]; then
			echo "$file"
			return
		fi
	done
	echo "$GPUPT_D/$(slot_of "$1").conf"
}

# claimed_at_boot GPU: this card; a file may name another one for the slot.
claimed_at_boot() {
	local file word slot id
	file=$(boot_file "$1")
	[ ! -e "$file" ] || while IFS= read -r word; do
		{ read_word "$word" && [ -n "$slot$id" ]; } || continue
		[ "${slot:-$(slot_of "$1")}" = "$(slot_of "$1")" ] && [ "${id:-$(id_of "$1")}" = "$(id_of "$1")" ] &&
			echo yes && return
	done < <(boot_words "$file")
	echo no
}

# forced_at_boot GPU: even though it is the only display
forced_at_boot() {
	[[ " $(boot_words "$(boot_file "$1")" | paste -sd' ' -) " == *" force "* ]]
}

# others_in FILE GPU: complains when it has words of other cards, or bad ones, which would be lost with it
others_in() {
	local word slot id
	[ -e "$1" ] || return 1
	while IFS= read -r word; do
		if read_word "$word"; then
			[ -n "$slot$id" ] || continue
			[ "$slot" != "$(slot_of "$2")" ] || continue
			[ "$(gpus_of "$slot" "$id")" != "$2" ] || continue
		fi
		complain "$1 names other cards as well ($word): change there what it says of $(slot_of "$2")"
		return 0
	done < <(boot_words "$1")
	return 1
}

write_boot_claim() {
	local gpu=$1 file
	if [[ $only_display == *" $gpu "* ]]; then
		info "  so it is not claimed at boot either"
		return 0
	fi
	file=$(boot_file "$gpu")
	! others_in "$file" "$gpu" || return 1
	# With its ID, so that another card that sits there one day is not taken for it.
	{
		mkdir -p "$GPUPT_D" &&
			printf '# %s\n%s\n' "$(name_of "$gpu")" "$(slot_of "$gpu")=$(id_of "$gpu")" >"$file.new" &&
			{ [ -z "$2" ] || echo force >>"$file.new"; } && mv "$file.new" "$file"
	} || {
		complain "cannot write $file"
		return 1
	}
}

remove_boot_claim() {
	local file
	file=$(boot_file "$1")
	! others_in "$file" "$1" || return 1
	rm -f "$file" || {
		complain "cannot remove $file"
		return 1
	}
}

# safe_file FILE: root reads it at boot and does what it says, so nobody else may write it.
safe_file() {
	[ "$(stat -L -c %u "$1")" = 0 ] && [ -z "$(find -L "$1" -maxdepth 0 -perm /022)" ]
}

# is_followed FILE
is_followed() {
	safe_file "$GPUPT_D" && safe_file "$1" && return
	complain "$1 is not followed: it and $GPUPT_D have to be root's, and writable for nobody else"
	return 1
}

# understand FILE WORD: as read_word
understand() {
	read_word "$2" && return
	warn "$1: \"$2\" is left out: it is not a card (such as $WORD_EXAMPLES)"
	return 1
}

# command_boot-options: the line of modprobe.d that has the module claim what is configured
command_boot-options() {
	local file word words slot id
	words=$(for file in "$GPUPT_D"/*.conf; do
		{ [ -e "$file" ] && is_followed "$file"; } || continue
		while IFS= read -r word; do
			! understand "$file" "$word" || echo "$word"
		done < <(boot_words "$file")
	done | paste -sd, -)
	[ -z "$words" ] || echo "options $MODULE claim=$words"
}

# write_options: for a later modprobe, which is to claim as well. (Softdeps of the drivers of the host would have
# "modprobe -r" of one of them remove this module, and would hide those of the administrator: modprobe.d(5).)
write_options() {
	local line
	line=$(command_boot-options)
	if [ -z "$line" ]; then
		rm -f "$RUN_OPTIONS"
	else
		mkdir -p "${RUN_OPTIONS%/*}" && echo "$line" >"$RUN_OPTIONS"
	fi || {
		complain "cannot write $RUN_OPTIONS"
		return 1
	}
}

# command_load: what gpupt-load.service runs, ahead of the drivers of the host. The initramfs has most often done it.
command_load() {
	need_root
	write_options || finish "$EXIT_ERROR"
	! is_loaded || finish "$EXIT_DONE"
	# By name it would be loaded in spite of a blacklist.
	modprobe -b "$MODULE" || die "$EXIT_ERROR" "modprobe $MODULE failed: gpupt status says why"
	# modprobe says nothing of a blacklist, and calls it a success.
	is_loaded || die "$EXIT_ERROR" "$MODULE is not loaded: a file of modprobe.d has a blacklist or an install line for it"
	finish "$EXIT_DONE"
}

# claim_configured: what gpupt-claim.service runs. The module has most often done it when it was loaded.
claim_configured() {
	local file word slot id gpu found force_it planned=()
	need_module
	for file in "$GPUPT_D"/*.conf; do
		[ -e "$file" ] || continue
		is_followed "$file" || {
			worst=$EXIT_UNSAFE
			continue
		}
		force_it=
		[[ " $(boot_words "$file" | paste -sd' ' -) " != *" force "* ]] || force_it=force
		while IFS= read -r word; do
			understand "$file" "$word" || {
				worst=${worst:-$EXIT_ERROR}
				continue
			}
			[ -n "$slot$id" ] || continue
			found=$(gpus_of "$slot" "$id")
			[ -n "$found" ] || {
				complain "$file: there is no NVIDIA card ${slot:+in }${slot:-$id}"
				worst=${worst:-$EXIT_NO_CARD}
			}
			for gpu in $found; do
				if [ "${id:-$(id_of "$gpu")}" != "$(id_of "$gpu")" ]; then
					complain "$file: $slot has a $(id_of "$gpu") ($(name_of "$gpu")), not a $id"
					worst=${worst:-$EXIT_UNSAFE}
				elif [ "$(is_claimed "$gpu")" != yes ] && [[ " ${planned[*]} " != *" $gpu "* ]]; then
					planned+=("$gpu")
					act "claim $(slot_of "$gpu") ($(name_of "$gpu")) for vfio-pci" claim_now "$gpu" "$force_it"
				fi
			done
		done < <(boot_words "$file")
	done
	[ -z "$worst" ] || [ ${#plan[@]} -gt 0 ] || finish "$worst"
	# A boot with nothing left to claim is a good one; the unit would have failed.
	[ ${#plan[@]} -gt 0 ] || finish "$EXIT_DONE"
	[ -z "$dry_run" ] || show_plan
	run_plan || worst=${worst:-$EXIT_ERROR}
	finish "${worst:-$EXIT_DONE}"
}

# plan_boot_claims CHANGES: the images, when files of /etc/gpupt.d change, or did and the images could not be
# made, whatever kept them
plan_boot_claims() {
	[ -n "$boot" ] || return 0
	[ -n "$1" ] || [ -e "$PENDING" ] || return 0
	act "tell modprobe" write_options
	# Before all else.
	plan=("note that the images have to be made anew" ${plan[@]+"${plan[@]}"})
	acts=(images_pending ${acts[@]+"${acts[@]}"})
	plan_boot_images
	act "note that the images are up to date" images_updated
}

images_pending() {
	{ mkdir -p "$STATE" && : >"$PENDING"; } 2>/dev/null || {
		complain "cannot write $STATE: is the disk full or read-only?"
		return 1
	}
}

images_updated() {
	rm -f "$PENDING"
	rmdir --ignore-fail-on-non-empty "$STATE"
}

# has_hooks: whether the initramfs is made by initramfs-tools, whose hook puts the claims in; Debian's dracut knows
# no hook of it
has_hooks() {
	command -v update-initramfs >/dev/null && [ -e /usr/share/initramfs-tools/hook-functions ]
}

NO_HOOKS="without initramfs-tools (dracut?) cards are claimed by gpupt-claim.service once the root is mounted, when a \
driver of the host may have had them; nvidia does not let go of one that is in use"

# plan_boot_images: everything that holds a copy of what was changed
plan_boot_images() {
	has_hooks || warn "$NO_HOOKS. An image that has $MODULE keeps the old one until it is made again: dracut \
--regenerate-all --force"
	! command -v update-initramfs >/dev/null || act "update the initramfs of every kernel" update_initramfs
	! boots_with_boot_tool || act "copy them to where the firmware boots from (proxmox-boot-tool refresh)" \
		refresh_boot_tool
}

update_initramfs() {
	local kernel before
	images_touched=1
	past_build=1
	before=$(mktemp)
	logged update-initramfs -u -k all || {
		rm -f "$before"
		complain "update-initramfs failed, see $GPUPT_LOG (disk full? df -h /boot); then run it again: \
update-initramfs -u -k all"
		return 1
	}
	# It also says that it worked when it is told to do nothing, and where there is no image yet.
	for kernel in $(kernels); do
		[ "/boot/initrd.img-$kernel" -nt "$before" ] || ! built_for "$kernel" || warn "$(image_advice "$kernel")"
	done
	rm -f "$before"
}

# image_advice KERNEL: why update-initramfs did not make its image
image_advice() {
	if [ ! -e "/boot/initrd.img-$1" ]; then
		echo "there is no initramfs of $1: update-initramfs -c -k $1"
	elif grep -qs '^update_initramfs=no' /etc/initramfs-tools/update-initramfs.conf; then
		echo "the initramfs of $1 is as before: update_initramfs=no in /etc/initramfs-tools/update-initramfs.conf; \
mkinitramfs -o /boot/initrd.img-$1 $1 makes it nevertheless"
	else
		echo "the initramfs of $1 is as before, though update-initramfs said that it worked, see $GPUPT_LOG; \
update-initramfs -u -k $1"
	fi
}

# Also where update-initramfs has a hook that does it: then it is done twice, and is in any case.
refresh_boot_tool() {
	logged proxmox-boot-tool refresh || {
		complain "proxmox-boot-tool refresh failed, see $GPUPT_LOG; until it works the host boots as before"
		return 1
	}
}

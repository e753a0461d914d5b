# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# status: what works, what does not, and what to do. report: what a maintainer needs to know, and nothing
# that tells whose host it is.

KERNEL_FILES=/sys/kernel/gpupt

# --- status: findings, as lines "LEVEL<tab>AREA<tab>TEXT<tab>WHAT TO DO" ---

findings=()

# found LEVEL AREA TEXT [WHAT TO DO]: LEVEL is ok, note, reboot or bad
found() {
	findings+=("$1"$'\t'"$2"$'\t'"$3"$'\t'"${4:-}")
}

find_installation() {
	local kernel conf version
	if package_installed; then
		found ok installed "by the package gpupt-reset-dkms $(dpkg-query -W -f '${Version}' gpupt-reset-dkms)"
	elif is_complete; then
		found ok installed "version $(recorded_all complete | tail -n 1), by gpupt install"
	elif [ -e "$MANIFEST" ]; then
		found bad installed "half: an installation was cut off" "gpupt install, or gpupt uninstall"
	elif [ -n "$(dkms_versions)" ]; then
		found note installed "by hand: version $(dkms_versions | paste -sd' ' -)"
	else
		found bad installed "no" "scripts/gpupt install, from a checkout"
	fi
	for version in $(dkms_versions); do
		[ "$(dkms_state "$version")" != broken ] || found bad dkms "the source of version $version is gone, so later \
kernels do not get the module" "put /usr/src/$DKMS_NAME-$version back, or once another version is installed: \
rm -r /var/lib/dkms/$DKMS_NAME/$version"
	done
	for conf in "$CHECKOUT/dkms.conf" /usr/src/"$DKMS_NAME"-*/dkms.conf; do
		[ ! -e "$conf" ] || break
	done
	while read -r kernel; do
		if built_for "$kernel"; then
			found ok kernel "$kernel has the module, version $(module_version_on_disk "$kernel")"
		elif [ -e "$conf" ] && ! in_window "$conf" "$kernel"; then
			found note kernel "$kernel is not one that the module is for (6.1 to 7.3)"
		elif ! has_headers "$kernel"; then
			found bad kernel "$kernel has no headers, so no module" \
				"apt install $(headers_packages "$kernel")"
		else
			found bad kernel "$kernel does not have the module" \
				"dkms install $DKMS_NAME/$(own_version) -k $kernel\
$([ ! -e "/var/log/gpupt-build-$kernel.log" ] || echo "; why it failed: /var/log/gpupt-build-$kernel.log")"
		fi
	done < <(kernels)
	for kernel in $(later_headers); do
		! has_candidate "$kernel" || found note headers "later kernels come without theirs, and so without the module" "apt install $kernel"
	done
}

find_module() {
	local hook
	if ! is_loaded; then
		if [ "$(secure_boot)" = on ] && [[ $(key_state) != @(enrolled|unknown) ]]; then
			found bad module "not loaded: Secure Boot does not know its key" \
				"mokutil --import $(signing_key), reboot, and choose Enroll MOK in the blue screen"
		elif ! built_for "$(uname -r)"; then
			found bad module "not loaded: the running kernel, $(uname -r), does not have it" \
				"see above; or reboot into a kernel that has it"
		elif grep -qw "module_blacklist=[^ ]*$MODULE" /proc/cmdline; then
			found bad module "not loaded: module_blacklist= on the kernel's command line keeps it out"
		else
			found bad module "not loaded" "modprobe $MODULE; dmesg says what is wrong"
		fi
		return
	fi
	found ok module "loaded, version $(value "/sys/module/$MODULE/version")"
	! is_stale || found reboot module "the one that is loaded is older than the one installed" \
		"reboot; or, while no virtual machine has a card: rmmod $MODULE && modprobe $MODULE"
	hook=$(value "$KERNEL_FILES/hook")
	case $hook in
	ftrace) found ok hook "VFIO reaches the module by itself" ;;
	ftrace-shared) found note hook "VFIO reaches the module; another module has a hook there as well" ;;
	*) found note hook "VFIO does not reach the module (${hook:-unknown}), only gpupt reset does" \
		"dmesg | grep $MODULE says why" ;;
	esac
}

find_secure_boot() {
	local text
	case $(secure_boot) in
	on)
		case $(key_state) in
		enrolled)
			found ok "secure boot" "on, and the firmware knows the key of DKMS"
			# DKMS without openssl builds, and says nothing.
			! built_for "$(uname -r)" || [ -n "$(modinfo -F signer "$MODULE" 2>/dev/null)" ] ||
				found bad "secure boot" "the module of $(uname -r) is not signed" \
					"apt install openssl; dkms install --force $DKMS_NAME/$(own_version) -k $(uname -r)"
			;;
		unknown) found note "secure boot" "on, and mokutil does not tell whether the firmware knows the key of DKMS: \
$(mokutil_says --test-key "$(signing_key)")" ;;
		waiting) found reboot "secure boot" "on, the key of DKMS waits to be enrolled" \
			"reboot, and choose Enroll MOK in the blue screen" ;;
		*) found bad "secure boot" "on, and the firmware does not know the key of DKMS" \
			"mokutil --import $(signing_key), reboot, and choose Enroll MOK in the blue screen" ;;
		esac
		;;
	off) found ok "secure boot" "off" ;;
	shim) found note "secure boot" "as good as off: on in the firmware, but shim does not validate, so that the kernel \
loads what nobody signed" "mokutil --enable-validation and a reboot switch it on" ;;
	none) found ok "secure boot" "none, this host does not boot by UEFI" ;;
	missing) found note "secure boot" "not known" "apt install mokutil" ;;
	unknown)
		text=$(mokutil_says --sb-state)
		case $text in
		*"EFI variables are not supported"*) found note "secure boot" "not known: $text" \
			"mount -t efivarfs efivarfs /sys/firmware/efi/efivars; a kernel booted with efi=noruntime has none" ;;
		*) found note "secure boot" "not known, mokutil says: ${text:-nothing}" ;;
		esac
		;;
	esac
}

find_boot() {
	local file word names=()
	[ ! -e "$PENDING" ] || found bad initramfs "not up to date" \
		"run the gpupt command that could not make it (install, claim --boot, release --boot) again"
	for file in "$GPUPT_D"/*.conf; do
		[ -e "$file" ] || continue
		{ safe_file "$file" && safe_file "$GPUPT_D"; } ||
			found bad claims "$file is not followed: others than root may write it" \
				"chown root: $file; chmod 644 $file; the same for $GPUPT_D"
		while IFS= read -r word; do
			found bad claims "$file: \"$word\" is left out, it is not a card" \
				"write it as $WORD_EXAMPLES; then update-initramfs -u -k all"
		done < <(bad_words "$file")
		names+=("$(boot_words "$file" | paste -sd, -)")
	done
	[ ${#names[@]} -gt 0 ] || return 0
	found ok claims "at every boot: ${names[*]}"
	if has_hooks; then
		find_images
	else
		found note claims "$NO_HOOKS" "apt install initramfs-tools, in the place of dracut"
	fi
}

# find_images: whether they have what there is to claim
find_images() {
	local kernel image newer
	while read -r kernel; do
		built_for "$kernel" || continue
		image=/boot/initrd.img-$kernel
		if [ ! -e "$image" ]; then
			found bad initramfs "there is none of $kernel" "update-initramfs -c -k $kernel"
			continue
		fi
		[ -r "$image" ] || continue
		# The directory counts for a file that is gone.
		newer=$(find -L "$GPUPT_D" -newer "$image" -print -quit)
		if [[ $(lsinitramfs "$image" 2>/dev/null) != *"/$MODULE.ko"* ]]; then
			found bad initramfs "that of $kernel does not have the module" "update-initramfs -u -k $kernel"
		elif [ -n "$newer" ]; then
			found bad initramfs "that of $kernel is older than $newer, so it claims as before" \
				"update-initramfs -u -k $kernel"
		fi
	done < <(kernels)
}

find_cards() {
	local gpu state viable text fn where
	for gpu in $(gpus); do
		state=$(value "$PCI/$gpu/gpupt/state")
		case $state in
		'' | unknown | ok) ;;
		resetting) found note card "$gpu is being reset" ;;
		dead) found bad card "$gpu is dead, no reset brought it back" \
			"shut the host down and switch the power supply off" ;;
		*) found bad card "$gpu is $state" "gpupt reset $(slot_of "$gpu")" ;;
		esac
		viable=$(value "$PCI/$gpu/gpupt/viable")
		case $viable in
		# Its own functions come with it when it is claimed.
		'' | 1 | "$(slot_of "$gpu")".*) ;;
		# find_reserved() has it, and the cure.
		reserved) ;;
		*) found note card "$gpu shares its IOMMU group with $viable, which a driver of the host has" \
			"gpupt report, or echo 1 > $KERNEL_FILES/report and dmesg" ;;
		esac
		find_reserved "$gpu"
		text=$(method_advice "$gpu")
		[ -z "$text" ] || found note card "${text%%; *}" "${text#*; }"
	done
	[ -n "$(gpus)" ] || found note card "there is no NVIDIA GPU in this host"
	while IFS=$'\t' read -r fn where; do
		found note vfio-pci "takes $fn, which is not claimed, as soon as it is loaded: ids= in $where" \
			"unless that is meant: remove it there, then update-initramfs -u -k all"
	done < <(unclaimed_by_ids)
}

# find_reserved GPU: memory that the firmware has mapped one to one for it keeps the kernel from giving it away
find_reserved() {
	local relax=
	[[ $(value "$PCI/$1/iommu_group/reserved_regions" | awk '$3 == "direct"') ]] || return 0
	[ "$(value "$KERNEL_FILES/iommu")" = amd ] || [[ $(uname -r) != *-pve ]] ||
		relax="; or add intel_iommu=on,relax_rmrr to the command line of this kernel of Proxmox VE"
	found bad card "$1 cannot be given to a virtual machine: the firmware reserves memory for its IOMMU group \
(RMRR), and QEMU says: Invalid argument" "in the firmware, switch off what shares memory with the slot (HPE: shared \
memory features), or take another slot$relax"
}

# words_on_cmdline REGEX: those words of the kernel's command line
words_on_cmdline() {
	value /proc/cmdline | tr ' ' '\n' | grep -xE "$1" | paste -sd' ' - || :
}

find_iommu() {
	is_loaded || return 0
	if no_iommu_mode; then
		found bad iommu "there is none but VFIO's unsafe no-IOMMU mode, in which no virtual machine gets a card" \
			"$(no_iommu_remedy); take enable_unsafe_noiommu_mode away"
		return
	fi
	case $(value "$KERNEL_FILES/iommu") in
	none) found bad iommu "there is none, so VFIO gives no card to a virtual machine" "$(no_iommu_remedy)" ;;
	'') ;;
	*) find_remapping "$(value "$KERNEL_FILES/iommu")" "$(value "$KERNEL_FILES/interrupt_remapping")" ;;
	esac
}

no_iommu_mode() {
	local gpu
	for gpu in $(gpus); do
		[ "$(value "$PCI/$gpu/iommu_group/name")" != vfio-noiommu ] || return 0
	done
	return 1
}

# no_iommu_remedy: by what the firmware describes, and the kernel was told
no_iommu_remedy() {
	local tables=/sys/firmware/acpi/tables off on
	on=$(words_on_cmdline 'intel_iommu=(.*,)?on(,.*)?')
	off=$(words_on_cmdline '((intel_|amd_)?iommu)=(.*,)?off(,.*)?')
	if [ -n "$off" ]; then
		echo "take $off from the kernel's command line"
	elif [ -e "$tables/IVRS" ] || { [ -e "$tables/DMAR" ] && [ -n "$on" ]; }; then
		echo "the firmware has one, and the kernel gave up on it: dmesg | grep -iE 'dmar|amd-vi|iommu' says why; update the \
firmware"
	elif [ -e "$tables/DMAR" ]; then
		echo "add intel_iommu=on to the kernel's command line"
	elif [ -n "$on" ]; then
		echo "switch on VT-d in the firmware, which does not describe it ($on is there already)"
	else
		echo "switch on VT-d or AMD-Vi in the firmware; on kernels before 6.8 also intel_iommu=on"
	fi
}

# find_remapping IOMMU STATE
find_remapping() {
	local words
	if [ "$2" != off ]; then
		found ok iommu "$1, interrupt remapping $2"
		return
	fi
	if [ "$(value /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts)" = Y ]; then
		found note iommu "$1, interrupt remapping off; allow_unsafe_interrupts lets VFIO go on, and a virtual \
machine can raise any interrupt of the host"
		return
	fi
	words=$(words_on_cmdline 'intremap=(.*,)?off(,.*)?|nointremap')
	if [ -n "$words" ]; then
		words="take $words from the kernel's command line"
	else
		words="dmesg | grep -i remapping says why; switch it on in the firmware, or update that. Where guests are \
trusted: options vfio_iommu_type1 allow_unsafe_interrupts=1 in /etc/modprobe.d"
	fi
	found bad iommu "$1, interrupt remapping off: VFIO refuses every card" "$words"
}

command_status() {
	local line level area text remedy code=$EXIT_DONE
	[ -t 1 ] || color=
	find_installation
	find_module
	find_secure_boot
	find_boot
	find_iommu
	find_cards
	for line in "${findings[@]}"; do
		case $line in
		reboot*) [ "$code" != "$EXIT_DONE" ] || code=$EXIT_REBOOT ;;
		bad*) code=$EXIT_ERROR ;;
		esac
	done
	if [ -n "$json" ]; then
		printf '%s\n' "${findings[@]}" | jq -R 'split("\t") | {level: .[0], area: .[1], text: .[2],
			remedy: (if .[3] == "" then null else .[3] end)}' | jq -s \
			--argjson exit "$code" --arg version "$(own_version)" --arg kernel "$(uname -r)" \
			--argjson loaded "$(if is_loaded; then echo true; else echo false; fi)" --argjson cards "$(cards_json)" \
			'{version: $version, kernel: $kernel, loaded: $loaded, exit: $exit, findings: ., cards: $cards}'
		exit "$code"
	fi
	for line in "${findings[@]}"; do
		IFS=$'\t' read -r level area text remedy <<<"$line"
		[ -z "$quiet" ] || [ "$level" != ok ] || continue
		case $level in
		ok) level=$(paint 32 "ok    ") ;;
		note) level=$(paint 36 "note  ") ;;
		reboot) level=$(paint 33 "reboot") ;;
		*) level=$(paint 31 "BAD   ") ;;
		esac
		printf '%s %-12s %s\n' "$level" "$area" "$text"
		[ -z "$remedy" ] || printf '%-19s -> %s\n' '' "$remedy"
	done
	if [ -z "$quiet" ] && [ -n "$(gpus)" ]; then
		echo
		command_list
	fi
	exit "$code"
}

# --- report ---

# anonymous: host names, serial numbers, MAC and IP addresses, UUIDs and e-mail addresses out of a text
anonymous() {
	local name domain long=() short=()
	for name in "$(hostname -f 2>/dev/null || :)" "$(uname -n)" "$(value /etc/hostname)"; do
		name=${name//[^A-Za-z0-9.-]/}
		domain=${name#*.}
		[[ $name != *.* ]] || long+=(-e "s/\b${name//./\\.}\b/HOST/gI")
		# One of a single word, as in host.local, is needed elsewhere.
		[[ $domain = "$name" || $domain != *.* ]] || long+=(-e "s/\b${domain//./\\.}\b/DOMAIN/gI")
		# The word must not be one that the report needs anyway.
		case ${name%%.*} in
		'' | localhost | debian | pve | proxmox | gpupt) ;;
		*) short+=(-e "s/\b${name%%.*}\b/HOST/gI") ;;
		esac
	done
	sed -E -e 's/[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}/(removed)/g' \
		${long[@]+"${long[@]}"} ${short[@]+"${short[@]}"} \
		-e 's/(\[SN\][^:]*:).*/\1 (removed)/' \
		-e 's/(Device Serial Number|[Ss]erial( [Nn]umber)?:?|SN:) *[A-Za-z:-]*[0-9][0-9A-Za-z:-]{2,}/\1 (removed)/g' \
		-e 's/\b([0-9A-Fa-f]{2}[:-]){7}[0-9A-Fa-f]{2}\b/(removed)/g' \
		-e 's/\b([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b/(removed)/g' \
		-e 's/\b[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\b/(removed)/g' \
		-e 's/\b([0-9]{1,3}\.){3}[0-9]{1,3}\b/(removed)/g' \
		-e 's/\b([0-9A-Fa-f]{1,4}:){5,7}[0-9A-Fa-f]{1,4}\b/(removed)/g' \
		-e 's/\b[0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4})*::([0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4})*)?/(removed)/g' \
		-e 's/(root|resume|cryptdevice|rd\.luks[a-z.]*|ip|nfsroot|iscsi[a-z_]*|BOOT_IMAGE)=[^ ]*/\1=(removed)/g'
}

# files DIR: "NAME: VALUE" of the files in it, those that cannot be read left out
files() {
	local file
	for file in "$1"/*; do
		{ [ -f "$file" ] && [ -r "$file" ] && [ "${file##*/}" != report ]; } || continue
		printf '%s: %s\n' "${file##*/}" "$(value "$file" | head -n 20)"
	done
}

report_versions() {
	local kernel
	echo "gpupt $(own_version)"
	echo "kernel $(uname -r) ($(uname -v))"
	(
		# shellcheck source=/dev/null
		. /etc/os-release && echo "system $PRETTY_NAME"
	)
	! is_proxmox || pveversion
	! command -v dkms >/dev/null || dkms --version
	for kernel in $(kernels); do
		echo "installed kernel $kernel: module $(module_version_on_disk "$kernel" | grep . || echo none)"
	done
	value /proc/cmdline
}

report_cards() {
	local gpu fn port
	for gpu in $(gpus); do
		for fn in $(functions_of "$(slot_of "$gpu")"); do
			lspci -D -nn -vvv -s "$fn" 2>&1
			echo "power: $(value "$PCI/$fn/power/runtime_status") $(value "$PCI/$fn/power_state")," \
				"d3cold_allowed $(value "$PCI/$fn/d3cold_allowed")," \
				"reset_method $(value "$PCI/$fn/reset_method")," \
				"driver_override $(value "$PCI/$fn/driver_override"), driver $(driver_of "$fn")"
		done
		port=$(readlink -f "$PCI/$gpu/..") && port=${port##*/}
		[ ! -e "$PCI/$port" ] || lspci -D -nn -vvv -s "$port" 2>&1
		files "$PCI/$gpu/gpupt"
		echo
	done
}

report_groups() {
	local gpu dev
	for gpu in $(gpus); do
		echo "$gpu: group $(group_of "$gpu")"
		for dev in "$PCI/$gpu"/iommu_group/devices/*; do
			[ -e "$dev" ] || continue
			dev=${dev##*/}
			echo "  $dev $(id_of "$dev") $(value "$PCI/$dev/class") driver $(driver_of "$dev")"
		done
	done
}

report_module() {
	local file
	modinfo "$MODULE" 2>&1 | grep -E '^(modinfo:|filename|version|srcversion|vermagic|signer|sig_key)' || :
	files "/sys/module/$MODULE/parameters"
	files "$KERNEL_FILES"
	for file in "$GPUPT_D"/*.conf; do
		[ ! -e "$file" ] || echo "$file:$(boot_words "$file" | paste -sd' ' -)"
	done
	for file in /etc/modprobe.d/*.conf; do
		[ -e "$file" ] || continue
		grep -HE "gpupt|vfio|nvidia|nouveau" "$file" || :
	done
	grep -E '^(gpupt|vfio|nouveau|nvidia|snd_hda_intel|simpledrm|xhci)' /proc/modules | cut -d ' ' -f 1-4 || :
}

report_log() {
	dmesg 2>/dev/null |
		grep -iE 'gpupt|vfio|nouveau|nvrm|nvidia|dmar|amd-vi|iommu|remapping|pciehp|aer:|bootfb|simpledrm|d3cold|not ready|secure boot|lockdown' |
		tail -n 300 || :
}

command_report() {
	local part text
	need lspci pciutils
	if [ "$(id -u)" != 0 ]; then
		warn "not root: capabilities and the kernel's log are missing from the report"
	fi
	for part in versions status module cards groups log; do
		case $part in
		status) text=$("$GPUPT_SELF" status --no-color 2>&1 | anonymous) || : ;;
		*) text=$("report_$part" 2>&1 | anonymous) || : ;;
		esac
		if [ -n "$json" ]; then
			jq -n --arg part "$part" --arg text "$text" '{($part): $text}'
		else
			printf '== %s ==\n%s\n\n' "$part" "$text"
		fi
	done | if [ -n "$json" ]; then
		jq -s add
	else
		cat
	fi
	exit "$EXIT_DONE"
}

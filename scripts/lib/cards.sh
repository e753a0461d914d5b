# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# The NVIDIA cards: found by name, listed, claimed, given back, reset. A card is all functions of its slot,
# and is spoken to through the one of class display.

PCI=/sys/bus/pci/devices

# value FILE: its text, empty without it
value() {
	cat "$1" 2>/dev/null || :
}

# gpus: the BDF of each GPU, virtual functions aside
gpus() {
	local dev
	for dev in "$PCI"/*; do
		[ "$(value "$dev/vendor")" = 0x10de ] || continue
		case $(value "$dev/class") in
		0x0300* | 0x0302*) [ -e "$dev/physfn" ] || echo "${dev##*/}" ;;
		esac
	done
}

slot_of() {
	echo "${1%.*}"
}

# functions_of SLOT: GPU first
functions_of() {
	local dev
	for dev in "$PCI/$1".*; do
		[ ! -e "$dev/vendor" ] || echo "${dev##*/}"
	done
}

# id_of BDF: vvvv:dddd
id_of() {
	local vendor device
	vendor=$(value "$PCI/$1/vendor")
	device=$(value "$PCI/$1/device")
	echo "${vendor#0x}:${device#0x}"
}

name_of() {
	local name
	name=$(lspci -vmm -D -s "$1" 2>/dev/null | sed -n 's/^Device:\t//p')
	echo "${name:-NVIDIA $(id_of "$1")}"
}

driver_of() {
	local link
	link=$(readlink "$PCI/$1/driver") || { echo none && return; }
	echo "${link##*/}"
}

# is_claimed GPU: yes, no, or unknown when nobody is there to say
is_claimed() {
	case $(value "$PCI/$1/gpupt_claim") in
	1) echo yes ;;
	0) echo no ;;
	*) echo unknown ;;
	esac
}

# method_advice GPU: what is wrong with a reset_method that keeps the kernel from asking the module
method_advice() {
	local file=$PCI/$1/reset_method methods back="echo default > $PCI/$1/reset_method brings it back"
	[ -d "$PCI/$1/gpupt" ] && [ -e "$file" ] && [[ $(value /sys/kernel/gpupt/hook) == ftrace* ]] || return 0
	methods=$(value "$file")
	case $methods in
	device_specific*) ;;
	'') echo "$1 has an empty reset_method, so VFIO does not reset it; $back, and deny=$(slot_of "$1") keeps the module \
from a card that must not be reset" ;;
	*) echo "$1 has been given the reset_method \"$methods\", which passes the module by; $back (what writes it? a \
hookscript, udev)" ;;
	esac
}

no_such_card() {
	local gpu
	complain "$1"
	for gpu in $(gpus); do
		info "  $(slot_of "$gpu")  $(id_of "$gpu")  $(name_of "$gpu")"
	done
	finish "$EXIT_NO_CARD"
}

# find_card WORD: sets $gpu
find_card() {
	local want=${1,,} candidate name found=()
	[ -n "$want" ] || no_such_card "an empty name is no card (there are:)"
	for candidate in $(gpus); do
		case $want in
		????:??:??.? | ????:??:??) ;;
		??:??.? | ??:??) want=0000:$want ;;
		esac
		case $want in
		"$candidate" | "$(slot_of "$candidate")".? | "$(slot_of "$candidate")" | "$(id_of "$candidate")")
			found+=("$candidate")
			;;
		*)
			name=$(name_of "$candidate")
			[[ ${name,,} != *"$want"* ]] || found+=("$candidate")
			;;
		esac
	done
	case ${#found[@]} in
	0) no_such_card "there is no NVIDIA card $1 (there are:)" ;;
	1) gpu=${found[0]} ;;
	*) no_such_card "$1 is more than one card: name it by its slot" ;;
	esac
}

# chosen: sets $chosen to the GPUs that the command line names, each once
chosen() {
	local word
	chosen=()
	[ ${#words[@]} -gt 0 ] || die "$EXIT_ERROR" "gpupt $command needs a card (gpupt list shows them)"
	for word in "${words[@]}"; do
		find_card "$word"
		[[ " ${chosen[*]} " == *" $gpu "* ]] || chosen+=("$gpu")
	done
}

need_module() {
	is_loaded && return
	[ -z "$dry_run" ] || return 0
	info "loading $MODULE"
	{ write_options && modprobe "$MODULE" 2>/dev/null; } ||
		die "$EXIT_ERROR" "the module $MODULE is not loaded and cannot be: gpupt status says why"
}

# log_since LINE GPU: what the kernel said of a card since this line; all there is when that is gone from the log
log_since() {
	dmesg 2>/dev/null | last=$1 awk '
		{ line[NR] = $0 }
		$0 == ENVIRON["last"] { from = NR }
		END { for (i = from + 1; i <= NR; i++) print line[i] }' |
		grep -F "$MODULE $(slot_of "$2")" | sed 's/^\[[^]]*\] *//' || :
}

# write_attribute GPU FILE TEXT: sets $error to the kernel's word for what went wrong, and $reasons to what
# the module said meanwhile. Long work is shown to be going on.
write_attribute() {
	local file=$PCI/$1/$2 last pid rc=0 errors
	error=
	reasons=
	[ -e "$file" ] ||
		die "$EXIT_ERROR" "$1 has no $2: the module does not look after it (deny=? gpupt status)"
	last=$(dmesg 2>/dev/null | tail -n 1) || :
	errors=$(mktemp)
	(printf '%s' "$3" >"$file") 2>"$errors" &
	pid=$!
	watch_process "$pid"
	wait "$pid" || rc=$?
	if [ "$rc" != 0 ]; then
		error=$(sed -n 's/.*: //p' "$errors" | tail -n 1)
		error=${error:-failed}
	fi
	rm -f "$errors"
	reasons=$(log_since "$last" "$1")
}

# refused_code: what exit code the kernel's word stands for
refused_code() {
	case $error in
	"Device or resource busy" | "Operation not supported" | "Operation not permitted") echo "$EXIT_UNSAFE" ;;
	*) echo "$EXIT_ERROR" ;;
	esac
}

# not_done GPU WHAT: complains of the last write_attribute
not_done() {
	complain "$1 ($(name_of "$1")) was not $2: ${error,}"
	[ -z "$reasons" ] || printf '%s\n' "$reasons" | sed 's/^/  /' >&2
	case $reasons in
	*"no other display"*)
		only_display+=" $1 "
		info "  to do without one: gpupt $command --force ${boot:+--boot }$(slot_of "$1")"
		;;
	esac
	worst=${worst:-$(refused_code)}
}

# --- vfio-pci by itself ---

# vfio_ids: lines "VENDOR:DEVICE<tab>WHERE" of what vfio-pci takes as soon as it is loaded, claimed or not. The kernel
# does not say; of several lines the last one counts, but which that is depends on who loads vfio-pci.
vfio_ids() {
	local file
	for file in /etc/modprobe.d/*.conf /run/modprobe.d/*.conf /usr/local/lib/modprobe.d/*.conf \
		/usr/lib/modprobe.d/*.conf; do
		[ ! -e "$file" ] || sed -nE 's/^[[:blank:]]*options[[:blank:]]+vfio[-_]pci[[:blank:]](.*[[:blank:]])?ids=("[^"]*"|[^[:blank:]]*).*/\2/p' \
			"$file" | tr -s '", \t' '\n' | sed "s|\$|\t$file|"
	done
	tr -s ' ' '\n' </proc/cmdline | sed -nE 's/^vfio[-_]pci\.ids=//p' | tr , '\n' |
		sed "s|\$|\tthe kernel's command line|"
}

# kept_by_ids BDF: where vfio-pci is told to take it
kept_by_ids() {
	local id where
	while IFS=$'\t' read -r id where; do
		id=${id,,}
		[ "$(cut -d : -f 1-2 <<<"$id")" != "$(id_of "$1")" ] || echo "$where"
	done < <(vfio_ids) | sort -u | paste -sd, - | sed 's/,/, /g'
}

# is_ours GPU: claimed, or about to be
is_ours() {
	[ "$(is_claimed "$1")" = yes ] || [ "$(claimed_at_boot "$1")" = yes ] ||
		[[ " ${chosen[*]-} " == *" $1 "* ]]
}

# unclaimed_by_ids: lines "BDF<tab>WHERE" of what vfio-pci takes, or would take, though it is of no claim
unclaimed_by_ids() {
	local dev fn gpu where
	[ -n "$(vfio_ids)" ] || return 0
	for dev in "$PCI"/*; do
		fn=${dev##*/}
		where=$(kept_by_ids "$fn")
		[ -n "$where" ] || continue
		gpu=$(gpus | sed -n "/^$(slot_of "$fn")\./p")
		{ [ -n "$gpu" ] && is_ours "$gpu"; } || printf '%s\t%s\n' "$fn" "$where"
	done
}

warn_of_ids() {
	local fn where
	while IFS=$'\t' read -r fn where; do
		warn "$fn is not claimed, and vfio-pci takes it as soon as that is loaded: ids= in $where; remove it there \
(then update-initramfs -u -k all) unless that is meant"
	done < <(unclaimed_by_ids)
}

# --- list ---

card_json() {
	local gpu=$1 fn fns=()
	for fn in $(functions_of "$(slot_of "$gpu")"); do
		fns+=("$(jq -n --arg bdf "$fn" --arg id "$(id_of "$fn")" --arg class "$(value "$PCI/$fn/class")" \
			--arg driver "$(driver_of "$fn")" '{bdf: $bdf, id: $id, class: $class, driver: $driver}')")
	done
	printf '%s\n' "${fns[@]}" | jq -s --arg slot "$(slot_of "$gpu")" --arg gpu "$gpu" --arg id "$(id_of "$gpu")" \
		--arg name "$(name_of "$gpu")" --arg claimed "$(is_claimed "$gpu")" \
		--arg boot "$(claimed_at_boot "$gpu")" --arg state "$(value "$PCI/$gpu/gpupt/state")" \
		--arg rungs "$(value "$PCI/$gpu/gpupt_reset")" --arg group "$(group_of "$gpu")" \
		--arg viable "$(value "$PCI/$gpu/gpupt/viable")" --arg method "$(value "$PCI/$gpu/reset_method")" \
		'def tristate: if . == "yes" then true elif . == "no" then false else null end;
		{slot: $slot, gpu: $gpu, id: $id, name: $name, claimed: ($claimed | tristate),
		claimed_at_boot: ($boot == "yes"), state: (if $state == "" then null else $state end),
		rungs: ($rungs | split(" ")), iommu_group: (if $group == "none" then null else ($group | tonumber) end),
		viable: (if $viable == "" then null else $viable end), reset_method: ($method | split(" ")), functions: .}'
}

# group_of GPU: none also in VFIO's no-IOMMU mode, which makes one that isolates nothing
group_of() {
	local link
	link=$(readlink "$PCI/$1/iommu_group") || { echo none && return; }
	if [ "$(value "$PCI/$1/iommu_group/name")" = vfio-noiommu ]; then
		link=none
	fi
	echo "${link##*/}"
}

cards_json() {
	local gpu
	for gpu in $(gpus); do
		card_json "$gpu"
	done | jq -s .
}

command_list() {
	local gpu fn drivers state text
	[ -z "$json" ] || cards_json | jq '{cards: .}'
	[ -n "$(gpus)" ] || {
		info "there is no NVIDIA GPU in this host"
		exit "$EXIT_NO_CARD"
	}
	[ -z "$json" ] || exit "$EXIT_DONE"
	printf '%-13s %-10s %-8s %-8s %-5s %-24s %s\n' SLOT ID STATE CLAIMED GROUP DRIVERS NAME
	for gpu in $(gpus); do
		drivers=
		for fn in $(functions_of "$(slot_of "$gpu")"); do
			drivers+=,$(driver_of "$fn")
		done
		state=$(value "$PCI/$gpu/gpupt/state")
		printf '%-13s %-10s %-8s %-8s %-5s %-24s %s\n' "$(slot_of "$gpu")" "$(id_of "$gpu")" \
			"${state:--}" "$(is_claimed "$gpu")$([ "$(claimed_at_boot "$gpu")" = no ] || echo +boot)" \
			"$(group_of "$gpu")" "${drivers#,}" "$(name_of "$gpu")"
	done
	# status has these as findings.
	[ "$command" != list ] || for gpu in $(gpus); do
		text=$(method_advice "$gpu")
		[ -z "$text" ] || info "note: $text"
	done
	is_loaded || info "the module is not loaded (gpupt status says why), so state and claims are not known"
}

# --- claim, release, reset ---

command_claim() {
	local gpu boot_changes=
	need_root
	if [ ${#words[@]} = 0 ] && [ -n "$boot" ]; then
		claim_configured
		return
	fi
	chosen
	need_module
	for gpu in "${chosen[@]}"; do
		[ "$(is_claimed "$gpu")" = yes ] ||
			act "claim $(slot_of "$gpu") ($(name_of "$gpu")) for vfio-pci" claim_now "$gpu" "${force:+force}"
		[ -n "$boot" ] || continue
		[ "$(claimed_at_boot "$gpu")" = yes ] && { [ -z "$force" ] || forced_at_boot "$gpu"; } && continue
		boot_changes=1
		act "claim it at every boot: $(boot_file "$gpu")" write_boot_claim "$gpu" "${force:+force}"
	done
	plan_boot_claims "$boot_changes"
	warn_of_ids
	finish_cards
}

command_release() {
	local gpu boot_changes=
	need_root
	chosen
	if ! is_loaded; then
		# It claims nothing then; but vfio-pci may have the card still.
		[ -n "$boot" ] || die "$EXIT_ERROR" "the module $MODULE is not loaded, so there is no claim to end: \
a driver's card is freed by: echo BDF > /sys/bus/pci/devices/BDF/driver/unbind"
		warn "the module $MODULE is not loaded: what drivers have now is left to them"
	fi
	for gpu in "${chosen[@]}"; do
		if [ -n "$boot" ] && [ -e "$(boot_file "$gpu")" ]; then
			boot_changes=1
			act "no longer claim $(slot_of "$gpu") at boot: remove $(boot_file "$gpu")" \
				remove_boot_claim "$gpu"
		fi
	done
	plan_boot_claims "$boot_changes"
	for gpu in "${chosen[@]}"; do
		[ "$(is_claimed "$gpu")" != yes ] ||
			act "give $(slot_of "$gpu") ($(name_of "$gpu")) back to the host's drivers" release_now "$gpu"
		[ -n "$boot" ] || [ "$(claimed_at_boot "$gpu")" = no ] ||
			warn "$(slot_of "$gpu") is claimed again at the next boot; with --boot it would not"
	done
	finish_cards
}

command_reset() {
	local gpu
	need_root
	chosen
	need_module
	for gpu in "${chosen[@]}"; do
		act "reset $(slot_of "$gpu") ($(name_of "$gpu"))${rung:+ by $rung}" reset_now "$gpu" "${rung:-1}"
	done
	finish_cards
}

# finish_cards: each card is tried, whatever became of the one before.
finish_cards() {
	worst=
	show_plan
	run_plan || worst=${worst:-$EXIT_ERROR}
	finish "${worst:-$EXIT_DONE}"
}

claim_now() {
	write_attribute "$1" gpupt_claim "${2:-1}"
	if [ -n "$error" ]; then
		not_done "$1" claimed
		return
	fi
	[ "$(is_claimed "$1")" = yes ] || {
		error="the kernel said yes, and gpupt_claim says no"
		not_done "$1" claimed
		return
	}
	info "  $(slot_of "$1") is vfio-pci's"
}

release_now() {
	local fn where
	write_attribute "$1" gpupt_claim 0
	if [ -n "$error" ]; then
		not_done "$1" "given back"
		return
	fi
	[ "$(is_claimed "$1")" = no ] || {
		error="the kernel said yes, and gpupt_claim does not say 0"
		not_done "$1" "given back"
		return
	}
	info "  $(slot_of "$1") has its drivers back: $(for fn in $(functions_of "$(slot_of "$1")"); do
		driver_of "$fn"
	done | paste -sd' ' -)"
	for fn in $(functions_of "$(slot_of "$1")"); do
		where=$(kept_by_ids "$fn")
		[ -z "$where" ] || warn "vfio-pci takes $fn all the same: ids= in $where"
	done
}

reset_now() {
	write_attribute "$1" gpupt_reset "$2"
	if [ -n "$error" ]; then
		not_done "$1" "brought back"
		[ "$(value "$PCI/$1/gpupt/state")" != dead ] ||
			warn "$1 needs its power off: shut the host down and switch the power supply off"
		return
	fi
	[ "$(value "$PCI/$1/gpupt/state")" = ok ] || {
		error="the kernel said that it worked, and gpupt/state says $(value "$PCI/$1/gpupt/state")"
		not_done "$1" "brought back"
		return
	}
	info "  $1 is alive: $(value "$PCI/$1/gpupt/last_rung"), $(value "$PCI/$1/gpupt/last_ms") ms"
}

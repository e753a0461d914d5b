# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Options, messages, the plan of a command, and how it ends.

# Read by gpupt, which sources this file.
# shellcheck disable=SC2034
{
	EXIT_DONE=0
	EXIT_ERROR=1
	EXIT_NOTHING=2
	EXIT_NO_CARD=3
	EXIT_REBOOT=4
	EXIT_UNSAFE=5
	RUNGS="flr bus bus-long slot-power rescan"
	command=
	words=()
	dry_run=
	yes=
	quiet=
	json=
	boot=
	force=
	rung=
	worst=
	only_display=
	images_touched=
	past_build=
	was_pending=
}
color=1
if [ -n "${NO_COLOR:-}" ] || [ ! -t 2 ]; then
	color=
fi

# What is said in English is also read from other programs here.
export LC_ALL=C
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

GPUPT_LOG=/var/log/gpupt.log

paint() {
	if [ -n "$color" ]; then
		printf '\033[%sm%s\033[0m' "$1" "$2"
	else
		printf '%s' "$2"
	fi
}

info() {
	[ -n "$quiet" ] || printf '%s\n' "$*" >&2
}

notes=()

warn() {
	notes+=("$*")
	[ -n "$quiet" ] || printf '%s %s\n' "$(paint 33 "warning:")" "$*" >&2
}

# complain TEXT: an error, which finish() then repeats for programs. The first one counts.
failure=
complain() {
	failure=${failure:-$*}
	printf '%s %s\n' "$(paint 31 "gpupt: error:")" "$*" >&2
}

# die CODE TEXT
die() {
	local code=$1
	shift
	complain "$*"
	finish "$code"
}

# need PROGRAM PACKAGE
need() {
	command -v "$1" >/dev/null || {
		json=
		die "$EXIT_ERROR" "$1 is missing: apt install $2"
	}
}

need_root() {
	[ "$(id -u)" = 0 ] || die "$EXIT_ERROR" "gpupt $command needs root: try it with sudo"
}

own_version() {
	local f
	for f in "$GPUPT_HOME/VERSION" "$GPUPT_HOME/../VERSION"; do
		[ ! -f "$f" ] || { cat "$f" && return; }
	done
}

# json_string TEXT: by ourselves, for install comes before jq, and uninstall after it
json_string() {
	local text=$1
	text=${text//\\/\\\\}
	text=${text//\"/\\\"}
	text=${text//$'\n'/\\n}
	text=${text//$'\t'/\\t}
	printf '"%s"' "${text//[[:cntrl:]]/}"
}

json_array() {
	local text comma=
	printf '['
	for text; do
		printf '%s' "$comma"
		json_string "$text"
		comma=', '
	done
	printf ']'
}

# finish CODE: the only way a command ends that changes something
finish() {
	local result
	case $1 in
	"$EXIT_DONE") result="done" ;;
	"$EXIT_ERROR") result=error ;;
	"$EXIT_NOTHING")
		result=nothing
		[ -z "$dry_run" ] || result=would-change
		;;
	"$EXIT_NO_CARD") result=no-such-card ;;
	"$EXIT_REBOOT") result=reboot ;;
	*) result=unsafe ;;
	esac
	if [ -n "$json" ]; then
		printf '{"command": %s, "exit": %d, "result": %s,\n "plan": %s,\n "notes": %s,\n "error": %s}\n' \
			"$(json_string "$command")" "$1" "$(json_string "$result")" \
			"$(json_array ${plan[@]+"${plan[@]}"})" "$(json_array ${notes[@]+"${notes[@]}"})" \
			"$(if [ -n "$failure" ]; then json_string "$failure"; else echo null; fi)"
	fi
	trap - EXIT
	exit "$1"
}

# --- the plan: what is shown is what is then done ---

plan=()
acts=()

# act SENTENCE COMMAND...: one change to be made
act() {
	plan+=("$1")
	shift
	acts+=("${*@Q}")
}

# show_plan [ask]: ends the command when there is nothing to do, or when only the plan was asked for.
# A question is to follow: then it is shown in any case.
show_plan() {
	local line ask=${1:-}
	if [ ${#plan[@]} = 0 ]; then
		info "nothing to do"
		[ -z "$dry_run" ] || finish "$EXIT_DONE"
		finish "$EXIT_NOTHING"
	fi
	[ -n "$dry_run$ask" ] || return 0
	for line in "${plan[@]}"; do
		info "  $line"
	done
	[ -z "$dry_run" ] || finish "$EXIT_NOTHING"
}

# confirm QUESTION: a command without a terminal has nobody to ask, so it wants -y.
confirm() {
	local answer
	[ -z "$yes" ] || return 0
	[ -t 0 ] || die "$EXIT_ERROR" "nobody is there to answer: use -y to go on, or --dry-run to look"
	read -r -p "$1 [y/N] " answer || answer=
	case $answer in
	y | Y | yes) ;;
	*) die "$EXIT_ERROR" "stopped, nothing was changed" ;;
	esac
}

# run_plan: the first act that fails ends it; an act says itself what went wrong.
run_plan() {
	local i
	for i in "${!acts[@]}"; do
		info "[$((i + 1))/${#acts[@]}] ${plan[i]}"
		eval "${acts[i]}" || return 1
	done
}

# watch_process PID: until it ends, lines say that it still runs
watch_process() {
	local began=$SECONDS said=2
	while kill -0 "$1" 2>/dev/null; do
		sleep 0.1
		if [ $((SECONDS - began)) -ge "$said" ]; then
			info "      still at it after $((SECONDS - began)) s ..."
			said=$((said + 8))
		fi
	done
}

# logged COMMAND...: its output goes to the log. In a session of its own, so that Ctrl-C reaches us and
# not half of it.
busy=
logged() {
	local pid rc=0
	{ printf -- '--- %s\n' "$*" >>"$GPUPT_LOG"; } 2>/dev/null || {
		complain "cannot write $GPUPT_LOG: is the disk full or read-only?"
		return 1
	}
	setsid "$@" >>"$GPUPT_LOG" 2>&1 </dev/null &
	pid=$!
	busy=$pid
	[ "$1" != env ] || busy=
	watch_process "$pid"
	wait "$pid" || rc=$?
	busy=
	return "$rc"
}

# end_logged: what logged() was running when a signal came, with all that it had started. apt is let finish
# ("env"), since it is in a worse state half-way.
end_logged() {
	local tries=0
	if [ -n "$busy" ]; then
		kill -TERM -- "-$busy" 2>/dev/null || :
		while kill -0 -- "-$busy" 2>/dev/null; do
			tries=$((tries + 1))
			[ "$tries" != 100 ] || kill -KILL -- "-$busy" 2>/dev/null || :
			[ "$tries" -lt 200 ] || break
			sleep 0.1
		done
	fi
	wait
}

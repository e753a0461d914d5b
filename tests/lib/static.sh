# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by scripts/check: the checks that read C as a compiler does.
#   clang       compiles src/ and kunit/ with the warnings of W=1; gcc does in tests/build-module and tests/kunit
#   sparse      address spaces, byte order, balance of locks
#   tidy        clang-tidy with clang's static analyzer
#   coccinelle  the kernel's own rules
# Debian's headers build with gcc only, whatever LLVM= says, so there is a tree of Debian's linux-source that was
# prepared for clang. What tidy or coccinelle found clean is not read again until it, or a header, changes.

# shellcheck disable=SC2317	# the checks are called by name
readonly linux_source=linux-source-6.12
# Where it is said at once what takes long.
progress=2

# Beside the defaults of x86_64: all that the module uses, and locks that sparse and clang see the inside of.
kernel_config() {
	cat <<'END'
CONFIG_MODULES=y
CONFIG_KUNIT=m
CONFIG_VFIO=m
CONFIG_VFIO_PCI=m
CONFIG_PCIEPORTBUS=y
CONFIG_PCIEAER=y
CONFIG_HOTPLUG_PCI_PCIE=y
CONFIG_FUNCTION_TRACER=y
CONFIG_DYNAMIC_FTRACE=y
CONFIG_INTEL_IOMMU=y
CONFIG_AMD_IOMMU=y
CONFIG_IRQ_REMAP=y
CONFIG_PROVE_LOCKING=y
CONFIG_FAULT_INJECTION=y
CONFIG_FAILSLAB=y
# CONFIG_WERROR is not set
END
}

# kernel_tree: the path of the kernel's tree
kernel_tree() {
	local dir version
	host_packages "$linux_source" bc bison clang flex libc6-dev libelf-dev lld llvm make perl python3 xz-utils
	version=$(dpkg-query -W -f '${Version}' "$linux_source" clang)
	dir=$GPUPT_CACHE/static/linux-$(hash_text "$version $(declare -f kernel_config make_tree)")
	with_lock static-linux make_tree "$dir" || return
	echo "$dir"
}

make_tree() {
	local dir=$1 tree=$1.tmp log=$GPUPT_CACHE/log/static-linux.log
	local make=(make -C "$1.tmp" LLVM=1 "-j$(nproc)")

	[ ! -d "$dir" ] || return 0
	say "preparing the tree of $linux_source for clang, once" 2>&"$progress"
	step rm -rf "$tree"
	step mkdir -p "$tree"
	step tar -xf "/usr/src/$linux_source.tar.xz" -C "$tree" --strip-components=1 \
		--exclude='*/Documentation/*/*' --exclude='*.dts*' --exclude='*/drivers/*.[chS]' \
		--exclude='*/fs/*.[ch]' --exclude='*/net/*.[ch]' --exclude='*/sound/*.[ch]' \
		--exclude='*/tools/testing' --exclude='*/tools/perf'
	kernel_config >"$tree/gpupt.config"
	{
		"${make[@]}" x86_64_defconfig &&
			(cd "$tree" && scripts/kconfig/merge_config.sh -m .config gpupt.config) &&
			"${make[@]}" olddefconfig && "${make[@]}" modules_prepare
	} >"$log" 2>&1 </dev/null || {
		tail -n 20 "$log" >&2
		die "cannot prepare the tree (log: $log)"
	}
	! grep -vxFf "$tree/.config" "$tree/gpupt.config" >&2 || die "the kernel's Kconfig refuses the options above"
	find "$tree" -mindepth 1 -maxdepth 1 ! -name arch ! -name include ! -name scripts ! -name tools \
		! -name Makefile ! -name .config -exec rm -rf {} +
	find "$tree/arch" -mindepth 1 -maxdepth 1 ! -name x86 -exec rm -rf {} +
	step mv -T "$tree" "$dir"
	find "${dir%/*}" -mindepth 1 -maxdepth 1 -name 'linux-*' ! -path "$dir" -mtime +7 -exec rm -rf {} +
}

# compiled: the path of copies of the sources that were compiled: module/ as it is installed, unit/ with kunit/;
# beside them the logs of clang and sparse, each with make's exit code in its last line.
compiled() {
	local tree dir
	tree=$(kernel_tree) || return
	host_packages sparse
	dir=$GPUPT_CACHE/build/static-$(hash_text "$tree $(hash_of Kbuild VERSION src include kunit) $(declare -f compile)")
	with_lock static-compile compile "$dir" "$tree" || return
	echo "$dir"
}

compile() {
	local dir=$1 tree=$2 rc=0
	# Nothing of the kernel was built, so modpost knows none of its symbols.
	local make=(make -k -C "$tree" LLVM=1 "-j$(nproc)" KBUILD_MODPOST_WARN=1)

	[ ! -e "$dir/done" ] || return 0
	step rm -rf "$dir"
	step mkdir -p "$dir/module" "$dir/unit"
	step cp -r Kbuild VERSION src include "$dir/module"
	step cp -r src include kunit "$dir/unit"
	{
		"${make[@]}" W=1 M="$dir/module" modules compile_commands.json &&
			"${make[@]}" W=1 M="$dir/unit/kunit" modules compile_commands.json || rc=$?
		echo "exit code $rc"
	} >"$dir/clang.log" 2>&1 </dev/null
	{
		"${make[@]}" W=1 C=2 M="$dir/module" modules &&
			"${make[@]}" W=1 C=2 M="$dir/unit/kunit" modules || rc=$?
		echo "exit code $rc"
	} >"$dir/sparse.log" 2>&1 </dev/null
	[ "$rc" != 0 ] || step touch "$dir/done"
	find "${dir%/*}" -mindepth 1 -maxdepth 1 -name 'static-*' ! -path "$dir" -mtime +7 -exec rm -rf {} +
}

# found LOG: what a log of compiled() complains of
found() {
	local found
	found=$(grep -E 'warning:|error:|WARNING: modpost|ERROR:|undefined reference|No rule to make' "$1" |
		grep -vE 'WARNING: modpost: .*( undefined!$|unresolved symbol warnings)' || true)
	if [ -z "$found" ] && [ "$(tail -n 1 "$1")" != "exit code 0" ]; then
		found=$(tail -n 10 "$1")
	fi
	sed -E "s,${1%/*}/(module|unit)/(kunit/\.\./)?,,g" <<<"$found" | sort -u | sed '/^$/d'
}

# check_log NAME: fails when the log of that name complains
check_log() {
	local dir out
	dir=$(compiled) || return
	out=$(found "$dir/$1.log")
	[ -z "$out" ] || { echo "$out"; return 1; }
}

check_clang() {
	local dir file rc=0
	dir=$(compiled)
	check_log clang || rc=1
	for file in src/*.c kunit/*.c; do
		[ -e "$dir/module/${file%.c}.o" ] || [ -e "$dir/unit/${file%.c}.o" ] ||
			{ echo "$file: no Kbuild file compiles it"; rc=1; }
	done
	return "$rc"
}

check_sparse() {
	check_log sparse
}

# each FUNCTION ARGUMENT...: calls it with one argument each, as many at a time as there are processors
each() {
	local function=$1 argument running=0 rc=0
	shift
	for argument; do
		if [ "$running" = "$(nproc)" ]; then
			wait -n || rc=1
			running=$((running - 1))
		fi
		"$function" "$argument" &
		running=$((running + 1))
	done
	while [ "$running" -gt 0 ]; do
		wait -n || rc=1
		running=$((running - 1))
	done
	return "$rc"
}

# mark FILE: the path that exists when $recipe found it clean, with these headers
mark() {
	echo "$GPUPT_CACHE/static/clean/$(hash_text "$recipe $headers $1 $(cat "$1")")"
}

# What is left out: the kernel returns 0 for equal and says so nowhere (string-compare), READ_ONCE() takes sizes
# of pointers (sizeof-expression), that nothing was written is about padding too (memory-comparison), the rest is
# taste, or wants functions that the kernel has not.
tidy_checks='-*,clang-analyzer-*,bugprone-*,linuxkernel-*'
tidy_checks+=,-bugprone-suspicious-string-compare,-bugprone-sizeof-expression,-bugprone-suspicious-memory-comparison
tidy_checks+=,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,-clang-analyzer-optin.performance.Padding
tidy_checks+=',-bugprone-narrowing-conversions,-clang-analyzer-security.insecureAPI.*'

tidy() {
	local file=$1 checks=$tidy_checks out database=$compiled/module options=()
	# mdelay() multiplies in int.
	[ "$file" != src/hook.c ] || checks+=,-bugprone-implicit-widening-of-multiplication-result
	if [ "${file%%/*}" = kunit ]; then
		database=$compiled/unit/kunit
		# An expectation has many ends: a quarter of the usual depth, which takes a third of the time.
		options+=(--extra-arg=-Xclang --extra-arg=-analyzer-config
			--extra-arg=-Xclang --extra-arg=max-nodes=50000)
	fi
	[ ! -e "$(mark "$file")" ] || return 0
	out=$(clang-tidy -p "$database" --quiet --checks="$checks" "${options[@]}" --warnings-as-errors='*' \
		--header-filter="^$compiled/" "${database%/kunit}/$file" 2>&1) || {
		sed -E "s,$compiled/(module|unit)/,,g; /warnings (generated|treated as)/d" <<<"$out"
		return 1
	}
	touch "$(mark "$file")"
}

check_tidy() {
	local compiled recipe headers
	host_packages clang-tidy
	compiled=$(compiled)
	[ -e "$compiled/done" ] || { echo "it does not compile, see the check clang"; return 1; }
	mkdir -p "$GPUPT_CACHE/static/clean"
	headers=$(hash_of include src/*.h kunit/*.h)
	recipe="tidy $(clang-tidy --version) $tidy_checks $(declare -f tidy)"
	each tidy src/*.c kunit/*.c
}

# coccinelle_rule RULE: runs it over a copy of the files
coccinelle_rule() {
	local rule=$1 out errors=$work/${1##*/} options
	read -ra options < <(sed -n 's,^// *Options:,,p' "$rule")
	out=$(cd "$work/tree" && spatch -D report --very-quiet --no-show-diff --cocci-file "$rule" "${options[@]}" \
		--include-headers -I "$tree/arch/x86/include" -I "$tree/include" -I "$GPUPT_TOP/include" --dir . 2>"$errors") || {
		echo "${rule#"$tree/"} did not run: $(cat "$errors")"
		return 1
	}
	[ -z "$out" ] || { echo "${rule##*/}: $out"; return 1; }
}

# Rules that need a compiler of OCaml are left out: badzero (sparse says the same), and one about a driver's table.
check_coccinelle() {
	local tree recipe headers work file rules todo=()
	host_packages coccinelle
	tree=$(kernel_tree)
	# The slow ones are among the last.
	mapfile -t rules < <(grep -rL ocaml "$tree/scripts/coccinelle" --include='*.cocci' | sort -r)
	[ ${#rules[@]} -ge 70 ] || { echo "${#rules[@]} rules in $tree: is this check blind?"; return 1; }
	mkdir -p "$GPUPT_CACHE/static/clean"
	headers=$(hash_of include src/*.h kunit/*.h)
	recipe="coccinelle $(dpkg-query -W -f '${Version}' coccinelle) $tree $(declare -f coccinelle_rule)"
	for file in $(module_files); do
		[ -e "$(mark "$file")" ] || todo+=("$file")
	done
	[ ${#todo[@]} -gt 0 ] || return 0
	work=$(mktemp -d)
	mkdir "$work/tree"
	cp --parents -t "$work/tree" "${todo[@]}"
	each coccinelle_rule "${rules[@]}" || { rm -rf "$work"; return 1; }
	rm -rf "$work"
	for file in "${todo[@]}"; do
		touch "$(mark "$file")"
	done
	find "$GPUPT_CACHE/static/clean" -type f -mtime +7 -delete
}

# SPDX-License-Identifier: GPL-2.0
# timeout: 800
# ci: trixie
# Lines of an administrator's modprobe.d, in files that sort before ours and after: what modprobe loads, and unloads,
# for a driver of the host is the same with the module as without it. (kmod follows softdeps backwards at "modprobe -r",
# takes the first softdep line of a module alone, and a softdep before an install line.)

. "$GPUPT_TESTS/lib/helper.sh"

drivers="nouveau nvidiafb snd_hda_intel xhci_pci i2c_nvidia_gpu nvidia"

# plans: what modprobe would do, for each driver
plans() {
	# shellcheck disable=SC2016
	in_root sh -c 'for d in '"$drivers"'; do
		for o in -D "-r -D" "-b -D"; do
			echo "$d $o:"
			modprobe -S '"$kernel_a"' $o $d 2>&1
		done
	done; modprobe -S '"$kernel_a"' -b -D pci:v000010DEd00001E87sv0sd0bc03sc00i00 2>&1; :'
	cp "$out" "$scratch/$1"
}

# with NAME LINE...: in a file of modprobe.d, before the installation and after it
with() {
	local name=$1 file
	shift
	for file in 00-mine zz-mine; do
		printf '%s\n' "$@" >"$root/etc/modprobe.d/$file.conf"
		plans "now.$name.$file"
		rm "$root/etc/modprobe.d/$file.conf"
	done
}

all() {
	with nothing ''
	with forbidden 'install nouveau /bin/false' 'install snd_hda_intel /bin/true'
	with blacklisted 'blacklist nouveau' 'install nouveau /bin/false'
	with debian 'install nvidia modprobe -i nvidia-current $CMDLINE_OPTS' 'alias nvidia nvidia-current'
	with softdep 'options vfio-pci ids=1912:0014' 'softdep xhci_pci pre: vfio-pci' 'softdep nouveau pre: vfio-pci'
}

running 6.1.0-1-amd64
all
for file in "$scratch"/now.*; do
	mv "$file" "${file/now./before.}"
done
expect_eq "modules that nouveau brings" "$(grep -c gpupt_reset "$scratch/before.nothing.zz-mine" || :)" 0
mkdir "$root/etc/gpupt.d"
echo "10de:1e87" >"$root/etc/gpupt.d/host.conf"
gpupt_from_checkout install -y
expect_rc 4
expect_built "$kernel_a"
must gpupt boot-options
expect_out '^options gpupt_reset claim=10de:1e87$'
all
for file in "$scratch"/now.*; do
	checked
	diff "${file/now./before.}" "$file" || fail "${file##*/now.}: modprobe does something else now"
done

# SPDX-License-Identifier: GPL-2.0
# ci: none
# timeout: 400
# A newer version that is built for the first kernel and not for the second leaves the older one to both; and an
# older version can take the place of a newer one.

. "$GPUPT_TESTS/lib/helper.sh"

checkout=$root/root/gpupt_reset
running 6.1.0-1-amd64
cp -a "$checkout" "$root/tmp/pristine"
install_kernel_b
expect_rc 0
snapshot before
gpupt_from_checkout install -y
expect_rc 4

# expect_version V: of the module of both kernels
expect_version() {
	local kernel
	for kernel in "$kernel_a" "$kernel_b"; do
		expect_built "$kernel"
		must modinfo -k "$kernel" -F version gpupt_reset
		expect_out "^$(regex "$1")\$"
	done
}

expect_version 0.1.0
cat >>"$checkout/src/main.c" <<'END'
#include <generated/utsrelease.h>
_Static_assert(sizeof(UTS_RELEASE) == sizeof(GPUPT_TEST_RELEASE), "not for this kernel");
END
echo "ccflags-y += -DGPUPT_TEST_RELEASE='\"$kernel_a\"'" >>"$checkout/Kbuild"
in_root sh -c 'cd /root/gpupt_reset && sed -i s/0.1.0/0.1.1/ VERSION dkms.conf && scripts/gpupt install -y'
expect_rc 1
expect_out "could not be built for $(regex "$kernel_b")"
expect_out "putting the module of version 0.1.0 back for $(regex "$kernel_a")"
expect_out 'is as it was'
expect_version 0.1.0

rm -rf "$checkout"
cp -a "$root/tmp/pristine" "$checkout"
in_root sh -c 'cd /root/gpupt_reset && sed -i s/0.1.0/0.1.1/ VERSION dkms.conf && scripts/gpupt install -y'
expect_rc 4
expect_version 0.1.1
rm -rf "$checkout"
cp -a "$root/tmp/pristine" "$checkout"
gpupt_from_checkout install -y
expect_rc 4
expect_version 0.1.0
expect_no_file /usr/src/gpupt-reset-0.1.1
gpupt_from_checkout install -y
expect_rc 4
expect_no_out '\[1/'
in_root gpupt status --no-color
expect_out 'ok +installed +version 0\.1\.0'

# What is there already, but not by us, is not replaced.
in_root gpupt uninstall -y --json
expect_rc 0
expect_out '"result": "done"'
same_as before
must sh -c 'cd /root/gpupt_reset && mkdir /usr/src/gpupt-reset-0.1.0 &&
	cp -r Makefile Kbuild dkms.conf VERSION src include /usr/src/gpupt-reset-0.1.0 && dkms add gpupt-reset/0.1.0'
gpupt_from_checkout install -y
expect_rc 1
expect_out 'is there already, not by gpupt install: first dkms remove gpupt-reset/0.1.0 --all'

# SPDX-License-Identifier: GPL-2.0
# ci: none
# timeout: 500
# A later kernel gets the module by itself; one outside the window, or that it does not build for, is said,
# and its package is configured all the same. Without the hook that fails: first the symptom.

. "$GPUPT_TESTS/lib/helper.sh"

checkout=$root/root/gpupt_reset
running 6.1.0-1-amd64
cp -a "$checkout" "$root/tmp/pristine"

# pristine: the checkout as it was
pristine() {
	rm -rf "$checkout"
	cp -a "$root/tmp/pristine" "$checkout"
}

# narrow: a module that is for kernel A alone
narrow() {
	sed -i "s/^BUILD_EXCLUSIVE_KERNEL=.*/BUILD_EXCLUSIVE_KERNEL='^${kernel_a//+/\\\\+}\$'/" "$checkout/dkms.conf"
}

narrow
must sh -c 'cd /root/gpupt_reset && mkdir /usr/src/gpupt-reset-0.1.0 &&
	cp -r Makefile Kbuild dkms.conf VERSION src include /usr/src/gpupt-reset-0.1.0 && dkms add gpupt-reset/0.1.0'
install_kernel_b
case $suite in
bookworm)
	expect_rc 100
	expect_out 'installed linux-image.* package post-installation script subprocess returned error'
	;;
*) expect_rc 0 ;;
esac
remove_kernel_b
must sh -c 'dkms remove gpupt-reset/0.1.0 --all; rm -r /usr/src/gpupt-reset-0.1.0'

gpupt_from_checkout install -y
expect_rc 4
install_kernel_b
expect_rc 0
expect_out "gpupt: $(regex "$kernel_b") is not one of the kernels that gpupt_reset is for"
expect_configured
remove_kernel_b
expect_rc 0

# One that it does not build for.
pristine
cat >>"$checkout/src/main.c" <<'END'
#include <generated/utsrelease.h>
_Static_assert(sizeof(UTS_RELEASE) == sizeof(GPUPT_TEST_RELEASE), "not for this kernel");
END
echo "ccflags-y += -DGPUPT_TEST_RELEASE='\"$kernel_a\"'" >>"$checkout/Kbuild"
gpupt_from_checkout install -y
expect_rc 4
install_kernel_b
expect_rc 0
expect_out "gpupt: WARNING: gpupt_reset could not be built for $(regex "$kernel_b")"
expect_out "The reason is in /var/log/gpupt-build-$(regex "$kernel_b").log"
expect_out "dkms install gpupt-reset/0.1.0 -k $(regex "$kernel_b")"
expect_configured
expect_eq "the reason" "$(grep -c 'error:.*not for this kernel' "$root/var/log/gpupt-build-$kernel_b.log")" 1
in_root gpupt status --no-color
expect_rc 1
expect_out "BAD +kernel +$(regex "$kernel_b") does not have the module"
expect_out "dkms install gpupt-reset/0.1.0 -k $(regex "$kernel_b"); why it failed: /var/log/gpupt-build-"
remove_kernel_b
expect_rc 0

pristine
gpupt_from_checkout install -y
expect_rc 4
install_kernel_b
expect_rc 0
expect_configured
expect_built "$kernel_b"
in_root gpupt status --no-color
expect_out "ok +kernel +$(regex "$kernel_b") has the module"

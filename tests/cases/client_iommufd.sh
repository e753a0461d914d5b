# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+r3080b
# root: clients
# timeout: 400
# options: IOMMUFD VFIO_DEVICE_CDEV
# ci: none
# Debian 13's QEMU by way of IOMMUFD: a function is opened as it is bound, and a hot reset names no groups.

. /client.sh

vfio=,iommufd=i
machine_words="-object iommufd,id=i"
set -- p40a gtx1080 r3080
lives "$@"

# That it was this way.
machine last "$@"
for file in "/proc/$(cat /tmp/last.pid)/fd/"*; do
	readlink "$file"
done | grep -E '/dev/(iommu|vfio)' >/tmp/opened || :
cat /tmp/opened
expect_eq "character devices of functions" "$(grep -c '/dev/vfio/devices/' /tmp/opened)" 5
expect_eq "IOMMUFDs" "$(grep -c '/dev/iommu$' /tmp/opened)" 1
expect_eq "groups" "$(grep -c '/dev/vfio/[0-9]' /tmp/opened)" 0
soil "$@"
machine_kill last
witness quit "$@"

for card in p40a r3080; do
	ctl $card hang config never
	log_mark
	machine_begin dead $card
	machine_over dead
	expect_eq "$card: exit code of QEMU, of a dead card" "$rc" 1
	expect_within "$card: milliseconds in resets" "$(log_span "gpupt_reset $(bdf $card)")" 10000
	ctl $card healthy
	reset_card $card
	expect_errno 0
done

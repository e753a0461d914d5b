# SPDX-License-Identifier: GPL-2.0
# cards: matrix
# timeout: 3600
# checkers: no
# ci: 6.1 7.2
# Every card, in a machine that decides as QEMU does: what becomes of it on the stock kernel, and that it is
# never worse off with the module.

. /matrix.sh
matrix power qemu
load_module
matrix power qemu

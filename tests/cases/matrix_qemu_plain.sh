# SPDX-License-Identifier: GPL-2.0
# cards: matrix-np
# timeout: 3600
# checkers: no
# allow-log: unlocked secondary bus reset via: _*pci_reset_
# ci: 6.12 7.3
# The same behind ports without hot-plug.

. /matrix.sh
matrix plain qemu
load_module
matrix plain qemu

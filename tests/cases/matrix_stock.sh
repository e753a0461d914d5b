# SPDX-License-Identifier: GPL-2.0
# cards: matrix
# timeout: 7200
# kernels: 6.12 7.3
# run: full
# checkers: no
# Every card, every fault: what the stock kernel's own reset makes of them. Not judged, only shown.

. /matrix.sh
matrix power stock

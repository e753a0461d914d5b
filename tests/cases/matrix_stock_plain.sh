# SPDX-License-Identifier: GPL-2.0
# cards: matrix-np
# timeout: 7200
# kernels: 6.12 7.3
# run: full
# checkers: no
# The same behind ports without hot-plug.

. /matrix.sh
matrix plain stock

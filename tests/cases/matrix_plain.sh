# SPDX-License-Identifier: GPL-2.0
# cards: matrix-np
# timeout: 3600
# checkers: debug
# ci: 6.12 7.3
# The same behind ports without hot-plug: what only power would cure is refused, and faults of the
# link that hot-plug would take for a card pulled out.

. /matrix.sh
load_module
matrix plain reset vfio

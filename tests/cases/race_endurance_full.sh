# SPDX-License-Identifier: GPL-2.0
# cards: matrix
# timeout: 3600
# kernels: 7.3
# run: full
# checkers: no
# The same, with ten thousand resets in one boot.

. /race.sh
endure 5000 60
expect_at_least "resets" "$total" 10000

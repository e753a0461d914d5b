# SPDX-License-Identifier: GPL-2.0
# cards: matrix
# timeout: 1800
# run: full
# checkers: no
# The same, with ten thousand resets in one boot.

. /race.sh
endure 400
expect_at_least "resets" "$total" 10000

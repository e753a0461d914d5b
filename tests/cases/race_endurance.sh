# SPDX-License-Identifier: GPL-2.0
# ci: 7.2
# cards: matrix
# timeout: 240
# Resets of sixteen cards at once, through both doors. Nothing grows with their number: what the second half
# of them left behind would have to be as much as what the first half did.

. /race.sh
endure 40 6

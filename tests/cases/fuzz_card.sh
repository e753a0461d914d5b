# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+rtx4090+rtx5090
# timeout: 200
# ci: 6.12
# Cards whose config space and registers are nonsense, before and in the middle of a reset: no crash, no
# hang, and no success on a card that is not alive.

. /fuzz.sh
fuzz_card 25

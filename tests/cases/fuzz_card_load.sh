# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+rtx4090+rtx5090
# timeout: 200
# ci: 6.12
# The module is loaded while config space and registers of every card are nonsense, and unloaded.

. /fuzz.sh
fuzz_card_load 2

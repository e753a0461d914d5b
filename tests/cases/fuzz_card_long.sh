# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+rtx4090+rtx5090
# timeout: 1800
# kernels: 6.12
# run: full
# checkers: no
# As fuzz_card and fuzz_card_load, for longer, and with other nonsense each time.

. /fuzz.sh
fuzz_card_load 10
unload_module
fuzz_card 450

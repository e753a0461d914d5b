# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+r3080b
# root: clients
# timeout: 300
# ci: 6.12
# checkers: no
# Debian 13's QEMU with a 3080 and a GTX 1080, each with its audio function: the machine starts, is reset, its
# cards hang and it is reset again, ends, starts again and is killed. Everywhere the cards fare at least as well as
# they do with the stock kernel in the same boot.

. /client.sh

set -- r3080 gtx1080
lives "$@"
soil "$@"
machine next "$@"
witness start "$@"
soil "$@"
machine_kill next
witness quit "$@"

# SPDX-License-Identifier: GPL-2.0
# cards: matrix
# timeout: 900
# Every card, every fault: the module's own file, and the start of a virtual machine.

. /matrix.sh
load_module
matrix reset vfio

# SPDX-License-Identifier: GPL-2.0
# cards: matrix
# timeout: 3600
# ci: 6.1 7.2
# Every card, every fault: by the module's own file, and by the start of a virtual machine.

. /matrix.sh
load_module
matrix power reset vfio

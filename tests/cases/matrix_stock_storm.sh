# SPDX-License-Identifier: GPL-2.0
# cards: matrix-np
# cmdline: gpupt.apart
# timeout: 300
# kernels: 6.12 7.3
# run: full
# checkers: no
# allow-log: blocked for more than
# Errors at the port during a bus reset, by the stock kernel: recovery from them (AER) was seen to deadlock
# with the removal of devices, and with that all of PCI.

. /matrix.sh
matrix plain apart

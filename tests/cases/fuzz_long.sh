# SPDX-License-Identifier: GPL-2.0
# timeout: 2400
# kernels: 7.3
# run: full
# checkers: no
# As fuzz_attributes and fuzz_parameters, for longer, and with other texts each time.

. /fuzz.sh
fuzz_attributes 15000
unload_module
fuzz_parameters 500

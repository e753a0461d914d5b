# SPDX-License-Identifier: GPL-2.0
# timeout: 120
# ci: 6.12
# Whatever the values of the parameters: the module loads with what a second reader makes of them, or
# does not, and then nothing of it is left.

. /fuzz.sh
fuzz_parameters 60

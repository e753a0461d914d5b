# SPDX-License-Identifier: GPL-2.0
# timeout: 120
# ci: 7.3
# Whatever is written to our files, of any length and at any offset: nothing but their words does
# anything, each text has its errno, and the log stays as it is.

. /fuzz.sh
fuzz_attributes 1500

# SPDX-License-Identifier: GPL-2.0
#
# The kernel's log without the data races (reports of KCSAN) of others. A race is ours when one of our functions
# is among the first four of an access, which leaves room for what the kernel's helpers do for us, and is not only
# what an interrupt broke into.

function end_report() {
	if (ours)
		print report
	report = ""
}

/BUG: KCSAN/ {
	report = $0
	ours = 0
	depth = 4
	next
}

report != "" {
	report = report "\n" $0
	if (/ by (task|interrupt)/)
		depth = 0
	else if (/ asm_/)
		depth = 4
	else if (/\+0x[0-9a-f]+\/0x/ && ++depth <= 4 && /\[gpupt_reset\]/)
		ours = 1
	if (/=====+\r?$/)
		end_report()
	next
}

{ print }

END {
	if (report != "")
		end_report()
}

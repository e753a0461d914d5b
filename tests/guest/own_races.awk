# SPDX-License-Identifier: GPL-2.0
#
# The kernel's log without the data races (reports of KCSAN) of others: those without a line of ours.

/BUG: KCSAN/ {
	report = $0
	next
}

report != "" {
	report = report "\n" $0
	if (/=====+\r?$/) {
		if (report ~ /gpupt_reset/)
			print report
		report = ""
	}
	next
}

{ print }

END {
	if (report ~ /gpupt_reset/)
		print report
}

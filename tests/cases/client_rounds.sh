# SPDX-License-Identifier: GPL-2.0
# cards: p40+gtx1080+r3080+rtx2080+r3080b
# root: clients
# timeout: 1500
# run: full
# checkers: no
# Twenty machines in turn on the same cards, every other one killed: each finds them alive and clean.

. /client.sh

set -- r3080 gtx1080
for card; do
	bind_card "$card"
done
load_module
round=0
while [ $round -lt 20 ]; do
	round=$((round + 1))
	soil "$@"
	machine round "$@"
	witness "start $round" "$@"
	soil "$@"
	if [ $((round % 2)) = 0 ]; then
		machine_kill round
	else
		machine_quit round
		expect_eq "exit code" "$rc" 0
	fi
	witness "end $round" "$@"
done

# SPDX-License-Identifier: Apache-2.0
# `make run` on a terminal: the guest's end is not the host's.
mkdir -p build/logs/run
step "make run on a terminal"
timeout 900 python3 tests/run/terminal.py >build/logs/run/terminal.out 2>build/logs/run/terminal.log </dev/null
while read -r word what; do
	[ "$word" = ok ]
	verdict "run on a terminal: $what" $?
done <build/logs/run/terminal.out
[ "$(grep -c '^ok' build/logs/run/terminal.out)" = 8 ]
rc=$?
[ $rc = 0 ] || tail -20 build/logs/run/terminal.log
verdict "run on a terminal: every step" $rc

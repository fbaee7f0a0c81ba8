# SPDX-License-Identifier: Apache-2.0
# The test of the test: each planted bug of tests/unit/sim/mutants.list is found by its scenario.
step "planted bugs, a few seconds each"
n=0
while IFS='	' read -r scenario file script; do
	case $scenario in '' | \#*) continue;; esac
	n=$((n + 1))
	out=build/unit/mutants/$n
	if SCRIPT=$script make -s mutant FILE="$file" OUT="$out" >"build/logs/mutant$n.log" 2>&1; then
		! ASAN_OPTIONS=abort_on_error=0 ROUNDS=100000 timeout 600 "$out" "$scenario" >>"build/logs/mutant$n.log" 2>&1 &&
			grep -q "FAILED: $scenario" "build/logs/mutant$n.log"
		rc=$?
	else
		rc=1
	fi
	verdict "planted bug $n in $file is found by $scenario" $rc
done <tests/unit/sim/mutants.list

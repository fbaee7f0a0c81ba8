#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every test of `make check`; logs in build/logs. Last line: N passed, N failed
set -u
cd "$(dirname "$0")/.."
. tests/lib.sh
mkdir -p build/logs

for t in build/unit/test_*; do
	case $t in *.d | *.o) continue;; esac
	name=$(basename "$t")
	timeout 300 "$t" >"build/logs/$name.log" 2>&1
	verdict "unit $name" $?
done
for f in tests/unit/*.py; do
	name=$(basename "$f" .py)
	timeout 300 python3 "$f" >"build/logs/$name.py.log" 2>&1
	verdict "unit $name (script)" $?
done

# The image on machines of different shape; the kernel tests itself there.
for shape in "-smp 1 -m 512" "-smp 4 -m 512" "-smp 1 -m 8192" "-smp 4 -m 8192"; do
	log="build/logs/boot$(echo "$shape" | tr -d ' -').log"
	# shellcheck disable=SC2086
	boot_machine "$log" "debug-exit selftest" 300 $shape && grep -q 'selftest: .* 0 failed' "$log"
	rc=$?
	[ $rc = 0 ] || tail -20 "$log"
	verdict "boot under OVMF $shape" $rc
done

# Own small guests through /dev/kvm; each line of the program is a test.
app_tests() {	# name, qemu arguments
	name=$1
	shift
	log="build/logs/$name$(echo "$*" | tr -d ' -').log"
	APP_ELF=build/x86/app-$name.elf boot_machine "$log" debug-exit 300 "$@"
	rc=$?
	tr -d '\r' <"$log" | grep -E '^(ok  |FAIL) ' >"$log.tests" || :
	while read -r word what; do
		[ "$word" = ok ]
		verdict "$name $*: $what" $?
	done <"$log.tests"
	verdict "$name $*: exit status" $rc
	[ $rc = 0 ] || tail -20 "$log"
}
for shape in "-smp 1 -m 512" "-smp 4 -m 1024"; do
	# shellcheck disable=SC2086
	app_tests guests $shape
done
app_tests hello -smp 1 -m 512
app_tests calls -smp 1 -m 512
app_tests calls -smp 4 -m 512

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

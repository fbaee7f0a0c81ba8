# SPDX-License-Identifier: Apache-2.0
# The programs of tests/posix print the same on Socle as on this machine, and end in the same ways.
logs=build/logs/posix
mkdir -p "$logs"
for name in library descriptors memory threads sync signals floats; do
	echo "== $name"
	timeout 120 "build/linux/posix/$name" 2>/dev/null
done >"$logs/linux.out"
step "boot with app posix"
APP_ELF=build/x86/app-posix.elf boot_machine "$logs/posix.log" debug-exit 600 -smp 2 -m 1024
app_lines "$logs/posix.log" >"$logs/posix.out"
grep -E '^(ok  |FAIL) ' "$logs/posix.out" >"$logs/posix.tests"
while read -r word what; do
	[ "$word" = ok ]
	verdict "posix: $what" $?
done <"$logs/posix.tests"
diff -u "$logs/linux.out" "$logs/posix.out" >"$logs/posix.diff"
rc=$?
[ $rc = 0 ] || head -40 "$logs/posix.diff"
verdict "posix: the same as on Linux" $rc
[ "$(app_status "$logs/posix.log")" = 0 ]
verdict "posix: exit status" $?

for way in exit write abort; do
	step "boot with app ends, $way"
	timeout 60 build/linux/posix/ends $way >"$logs/ends-linux.out" 2>/dev/null
	linux=$?
	APP_ELF=build/x86/app-ends.elf APP_ARGS=$way boot_machine "$logs/ends-$way.log" debug-exit 300 -smp 2 -m 512
	[ "$(app_status "$logs/ends-$way.log")" = $linux ] && app_lines "$logs/ends-$way.log" | cmp -s - "$logs/ends-linux.out"
	rc=$?
	[ $rc = 0 ] || tail -5 "$logs/ends-$way.log"
	verdict "posix: a process ends by $way in a thread, status $linux" $rc
done

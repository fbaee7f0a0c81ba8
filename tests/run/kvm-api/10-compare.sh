# SPDX-License-Identifier: Apache-2.0
# Each program prints the same on Socle and on Linux's KVM, and ends with the same status.
# The programs: build/linux/NAME and build/x86/app-NAME.elf of tests/kvm-api/NAME.c, tests/apps/guests.c and irqchip.c.
logs=build/logs/kvm-api
mkdir -p "$logs"
programs=
for f in tests/kvm-api/*.c tests/apps/guests.c tests/apps/irqchip.c; do programs="$programs build/linux/$(basename "$f" .c)"; done
step "Linux runs$programs"
# shellcheck disable=SC2086
LIMIT=200 sh tests/run/linux-kvm.sh "$logs/linux" $programs
for program in $programs; do
	name=$(basename "$program")
	if [ ! -e "build/x86/app-$name.elf" ]; then
		verdict "kvm-api $name: builds for Socle" 1
		continue
	fi
	step "Socle runs $name"
	APP_ELF=build/x86/app-$name.elf boot_machine "$logs/$name.log" debug-exit 300 -smp 2 -m 2048
	echo $? >"$logs/$name.rc"
	app_lines "$logs/$name.log" >"$logs/$name.out"
	diff -u "$logs/linux/$name.out" "$logs/$name.out" >"$logs/$name.diff" &&
		diff -u "$logs/linux/$name.rc" "$logs/$name.rc" >>"$logs/$name.diff"
	rc=$?
	[ $rc = 0 ] || head -40 "$logs/$name.diff"
	verdict "kvm-api $name: the same as on Linux" $rc
done

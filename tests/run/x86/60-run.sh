# SPDX-License-Identifier: Apache-2.0
# `make run` with its input from a pipe: Debian's kernel to a shell on one and on two CPUs, and the end of it;
# `make run APP=`: a program gets its arguments, files and input, and its status comes back.
mkdir -p build/logs/run
for cpus in 1 2; do
	log=build/logs/run/linux-$cpus.log
	step "make run, $cpus CPUs"
	printf 'nproc\necho sum $((40 + 2))\npoweroff -f\n' | SMP=$cpus timeout 600 sh mk/run.sh --linux build/x86/app-vmm.elf >"$log" 2>&1
	rc=$?
	tr -d '\r' <"$log" >"$log.text"
	before=$failed
	grep -q "^init: Linux .* $cpus CPU" "$log.text"
	verdict "run SMP=$cpus: the guest comes to its init with $cpus CPUs" $?
	grep -q "^sum 42" "$log.text"
	verdict "run SMP=$cpus: its shell takes commands from a pipe" $?
	grep -q '^vmm: linux: powered off' "$log.text"
	verdict "run SMP=$cpus: poweroff ends the VM" $?
	verdict "run SMP=$cpus: exit status 0" $rc
	[ "$failed" = "$before" ] || tail -30 "$log.text"
done
log=build/logs/run/echo.log
step "make run APP=tests/apps/echo.c"
echo 'a file' >build/logs/run/note.txt
printf 'one\ntwo\n' | ARGS='x yy' FILES=build/logs/run/note.txt timeout 300 sh mk/run.sh build/x86/app-echo.elf >"$log" 2>&1
[ $? = 42 ]
verdict "run APP=: the program's status comes back" $?
app_lines "$log" | tr '\n' ' ' | grep -q '^x yy terminal a file one two $'
rc=$?
[ $rc = 0 ] || tail "$log"
verdict "run APP=: arguments, files and input" $rc

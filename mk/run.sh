#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh APP_ELF: boots the image with that program, the machine's serial port on the terminal (or on pipes), and ends
# with the program's exit status.
# run.sh --linux APP_ELF: the program is the VMM, with config/linux.json and the guest that it names.
# Environment: ARGS its arguments, FILES what it finds in /socle, SMP, MEM, QEMU_ARGS, CMDLINE (the kernel's options).
set -u
cd "$(dirname "$0")/.."
. tests/lib.sh
work=$(mktemp -d)
feeder=
clean() {
	[ -z "$feeder" ] || kill "$feeder" 2>/dev/null
	rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM
mem=1024 console="-serial stdio"
if [ "$1" = --linux ]; then
	shift
	guest=$(sh mk/guest.sh) || exit 2
	sed "s/\"boot_vcpus\": *[0-9]*/\"boot_vcpus\": ${SMP:-1}/" config/linux.json >"$work/linux.json"
	FILES="$work/linux.json $guest/vmlinuz $guest/initrd ${FILES:-}" ARGS="$([ -t 0 ] || echo --exit-when-idle) ${ARGS:-}"
	# Ctrl-C is for the guest; Ctrl-] and the shell's quit end the VMM.
	mem=2048 console="-chardev stdio,id=console,signal=off -serial chardev:console"
fi
APP_ELF=$1 APP_ARGS=${ARGS:-} APP_FILES=${FILES:-}
# Nobody sits at a pipe: no echo.
esp_make "$work/esp" "debug-exit $([ -t 0 ] || echo noecho) ${CMDLINE:-}" || exit 2
mkfifo "$work/out"
tee "$work/log" <"$work/out" &
tee=$!
# shellcheck disable=SC2086
run() { CONSOLE=$console machine "$work/esp" -smp "${SMP:-1}" -m "${MEM:-$mem}" ${QEMU_ARGS:-} >"$work/out" 2>&1; }
if [ -t 0 ]; then
	run
else
	# The firmware would swallow what comes before the program reads.
	mkfifo "$work/in"
	exec 3<&0
	{
		until grep -q '^app: starts' "$work/log" 2>/dev/null; do sleep 0.2; done
		cat <&3 &
		trap "kill $!" TERM
		wait $!
		[ "$console" != "-serial stdio" ] || printf '\004'	# end of file, for a program that reads lines
	} >"$work/in" &
	feeder=$!
	run <"$work/in"
fi
wait "$tee"
exit "$(app_status "$work/log")"

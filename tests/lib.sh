# SPDX-License-Identifier: Apache-2.0
# What test scripts share: counting, and one run of the machine.
passed=0 failed=0 skipped=0
verdict() {	# name, exit status
	if [ "$2" = 0 ]; then passed=$((passed + 1)); echo "ok   $1"
	else failed=$((failed + 1)); echo "FAIL $1"; fi
}
skip() {	# name, why it cannot run here
	skipped=$((skipped + 1))
	echo "skip $1: $2"
}
# Says what goes on, before something that takes more than a few seconds.
step() { echo "---- $*"; }
summary() {
	tail=
	[ "$skipped" = 0 ] || tail=", $skipped skipped"
	echo "$passed passed, $failed failed$tail"
	[ "$failed" = 0 ] && [ "$passed" != 0 ]
}
# logged NAME SECONDS COMMAND...: one test; its output is shown only when it fails.
logged() {
	name=$1 limit=$2 log=build/logs/$(echo "$1" | tr ' /' '__').log
	shift 2
	rc=0
	timeout "$limit" "$@" >"$log" 2>&1 || rc=$?
	[ "$rc" = 0 ] || tail -20 "$log"
	verdict "$name" "$rc"
}

# esp_make FOLDER CMDLINE: the boot volume: our image, the program APP_ELF (else the VMM in the image) with its APP_ARGS,
# the files APP_FILES.
esp_make() {
	mkdir -p "$1/EFI/BOOT" "$1/socle"
	cp "${IMAGE:-build/x86/socle.efi}" "$1/EFI/BOOT/BOOTX64.EFI"
	printf '%s\n' "$2" >"$1/socle/cmdline"
	[ -z "${APP_ELF:-}" ] || cp "$APP_ELF" "$1/socle/app.elf"
	[ -z "${APP_ELF:-}${APP_ARGS:-}" ] || echo "/socle/app.elf ${APP_ARGS:-}" >"$1/socle/args"
	for f in ${APP_FILES:-}; do cp "$f" "$1/socle/"; done
}

# machine FOLDER [qemu arguments]: the machine that boots from FOLDER, its serial port on stdin and stdout.
machine() {
	esp_folder=$1
	shift
	# shellcheck disable=SC2086
	${LIMIT:+timeout "$LIMIT"} qemu-system-x86_64 -machine q35 -cpu "${CPU:-max,phys-bits=48}" -display none -no-reboot \
		${CONSOLE:--serial stdio} \
		-net none -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE.fd \
		-drive if=pflash,format=raw,snapshot=on,file=/usr/share/OVMF/OVMF_VARS.fd \
		-drive "file=fat:rw:$esp_folder,format=raw" -device isa-debug-exit,iobase=0xf4,iosize=4 "$@"
}

# boot_machine LOG CMDLINE TIMEOUT [qemu arguments]: our image under OVMF; prints nothing.
# The exit status is the kernel's (isa-debug-exit gives 2n+1); 100: it did not end by itself.
boot_machine() {
	log=$1 cmdline=$2 limit=$3
	shift 3
	esp=$(mktemp -d)
	esp_make "$esp" "$cmdline"
	rc=0
	LIMIT=$limit machine "$esp" "$@" </dev/null >"$log" 2>&1 || rc=$?
	rm -rf "$esp"
	case $rc in *[13579]) return $(((rc - 1) / 2));; *) return 100;; esac
}

# app_lines LOG: what the app printed: between the kernel's two lines, without what the kernel says meanwhile.
app_lines() {
	tr -d '\r' <"$1" | awk '/^app: exit status/ { on = 0 } on && !/^(app|kvm|posix): / { print } /^app: starts$/ { on = 1 }'
}

# app_status LOG: the program's exit status as the kernel said it; 100: it said nothing.
app_status() {
	status=$(tr -d '\r' <"$1" | sed -n 's/^app: exit status //p' | tail -1)
	echo "${status:-100}"
}

# app_tests NAME [qemu arguments]: boots build/x86/app-NAME.elf; each line "ok WHAT" or "FAIL WHAT" is a test.
app_tests() {
	name=$1
	shift
	log="build/logs/$name$(echo "$*" | tr -d ' -').log"
	step "boot with app $name, $*"
	APP_ELF=build/x86/app-$name.elf boot_machine "$log" debug-exit 600 "$@"
	rc=$?
	tr -d '\r' <"$log" | grep -E '^(ok  |FAIL) ' >"$log.tests" || :
	while read -r word what; do
		[ "$word" = ok ]
		verdict "$name $*: $what" $?
	done <"$log.tests"
	verdict "$name $*: exit status" $rc
	[ $rc = 0 ] || tail -20 "$log"
}

# SPDX-License-Identifier: Apache-2.0
# What test scripts share: counting, and one run of the machine.
passed=0 failed=0
verdict() {	# name, exit status
	if [ "$2" = 0 ]; then passed=$((passed + 1)); echo "ok   $1"
	else failed=$((failed + 1)); echo "FAIL $1"; fi
}

# boot_machine LOG CMDLINE TIMEOUT [qemu arguments]: our image under OVMF; prints nothing.
# The exit status is the kernel's (isa-debug-exit gives 2n+1); 100: it did not end by itself.
boot_machine() {
	log=$1 cmdline=$2 limit=$3
	shift 3
	esp=$(mktemp -d)
	mkdir -p "$esp/EFI/BOOT" "$esp/socle"
	cp build/x86/socle.efi "$esp/EFI/BOOT/BOOTX64.EFI"
	printf '%s\n' "$cmdline" >"$esp/socle/cmdline"
	[ -z "${APP_ELF:-}" ] || cp "$APP_ELF" "$esp/socle/app.elf"
	rc=0
	timeout "$limit" qemu-system-x86_64 -machine q35 -cpu max -display none -serial stdio -no-reboot -net none \
		-drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE.fd \
		-drive if=pflash,format=raw,snapshot=on,file=/usr/share/OVMF/OVMF_VARS.fd \
		-drive "file=fat:rw:$esp,format=raw" -device isa-debug-exit,iobase=0xf4,iosize=4 \
		"$@" </dev/null >"$log" 2>&1 || rc=$?
	rm -rf "$esp"
	case $rc in *[13579]) return $(((rc - 1) / 2));; *) return 100;; esac
}

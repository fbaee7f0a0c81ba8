# SPDX-License-Identifier: Apache-2.0
# The VMM on Linux's KVM boots a Linux guest to its shell from JSON: the oracle machine, one boot.
logs=build/logs/vmm-linux
work=$(mktemp -d)
guest=$(sh mk/guest.sh)
step "the VMM on Linux boots a Linux guest"
cat >"$work/linux.json" <<'END'
{	// two CPUs
	"cpus": { "boot_vcpus": 2 },
	"memory": { "size": 134217728 },
	"payload": { "kernel": "vmlinuz", "initramfs": "initrd", "cmdline": "console=ttyS0 quiet" }
}
END
cat >"$work/shell" <<'END'
#!/bin/sh
printf 'nproc\necho sum $((40 + 2))\npoweroff -f\n' | ./socle-vmm --exit-when-idle linux.json
END
EACH=200 LIMIT=250 sh tests/run/linux-kvm.sh "$logs" "$work/shell" -- build/linux/socle-vmm "$work/linux.json" "$guest/vmlinuz" "$guest/initrd"
before=$failed
# program that printed, expression, what it shows
vmm_says() { grep -q "$2" "$logs/$1.out"; verdict "vmm on Linux: $1: $3" $?; }
vmm_says shell '^init: Linux .* 2 CPU' 'a guest of two CPUs comes to its init'
vmm_says shell '^sum 42' 'its shell takes commands from a pipe'
vmm_says shell '^vmm: linux: powered off' 'poweroff ends the VM'
[ "$(cat "$logs/shell.rc")" = 0 ]
verdict "vmm on Linux: shell: exit status 0" $?
[ "$failed" = "$before" ] || tail -20 "$logs"/*.out
rm -rf "$work"

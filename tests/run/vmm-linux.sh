#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The VMM on Linux's KVM boots a Linux guest to its shell from JSON: the oracle machine, one boot.
# Last line: N passed, N failed
set -u
cd "$(dirname "$0")/../.."
. tests/lib.sh
logs=build/logs/vmm-linux
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
guest=$(sh mk/guest.sh) || exit 2
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
chmod 755 "$work/shell"
EACH=240 LIMIT=400 sh tests/run/linux-kvm.sh "$logs" "$work/shell" -- build/linux/socle-vmm "$work/linux.json" "$guest/vmlinuz" "$guest/initrd"
has() { grep -q "$2" "$logs/$1.out"; verdict "vmm on Linux: $1: $3" $?; }
has shell '^init: Linux .* 2 CPU' 'a guest of two CPUs comes to its init'
has shell '^sum 42' 'its shell takes commands from a pipe'
has shell '^vmm: linux: powered off' 'poweroff ends the VM'
[ "$(cat "$logs/shell.rc")" = 0 ]; verdict "vmm on Linux: shell: exit status 0" $?
[ "$failed" = 0 ] || tail -20 "$logs"/*.out
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

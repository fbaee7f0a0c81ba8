#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# linux-kvm.sh OUT PROGRAM... [-- FILE...]: the oracle. Boots Debian's kernel with KVM for AMD inside QEMU's TCG and
# runs every PROGRAM (a static binary or a script) there, in order; FILEs are in the folder they run in.
# OUT/NAME.out gets what NAME printed, OUT/NAME.rc its exit status; OUT/console.log the machine's console.
# EACH: seconds for a program (60); LIMIT: for the whole run (300); ARGS: arguments for every program; QEMU: more options.
# Linux's KVM in TCG stands still once in a while, the whole machine with it: what did not end then runs once more.
# Exit status: 0 if every program ran to an end of its own, whatever its status.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd)
out=$1
shift
mkdir -p "$out" || exit 2
guest=$(sh "$here/mk/guest.sh") || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/etc" "$work/root/t"

names=
programs=1
for file; do
	[ "$file" != -- ] || { programs=0; continue; }
	name=$(basename "$file")
	cp "$file" "$work/root/t/$name"
	[ $programs = 1 ] || continue
	chmod 755 "$work/root/t/$name"
	rm -f "$out/$name.rc" "$out/$name.out"
	names="$names $name"
done

boot() {	# names of programs
	{ cat <<END
sh /modules/kvm-load || echo 'oracle: no KVM'
stty -onlcr -F /dev/console
cd /t
run() {
	printf '\n@begin %s\n' "\$1"
	timeout ${EACH:-60} "./\$1" ${ARGS:-} </dev/null 2>&1
	printf '\n@end %s %s\n' "\$1" \$?
}
END
	for name; do echo "run $name"; done; } >"$work/root/etc/run"
	(cd "$work/root" && find . | sort | "$guest/busybox" cpio -o -H newc 2>/dev/null) >"$work/run.cpio"
	cat "$guest/initrd" "$guest/kvm.cpio" "$work/run.cpio" >"$work/initrd"
	# shellcheck disable=SC2086
	timeout "${LIMIT:-300}" qemu-system-x86_64 -accel tcg -cpu max,phys-bits=48 -smp 2 -m 2048 -display none -nodefaults \
		-no-reboot -serial stdio -kernel "$guest/vmlinuz" -initrd "$work/initrd" \
		-append 'console=ttyS0 quiet loglevel=1 random.trust_cpu=on' ${QEMU:-} </dev/null >"$out/console.log" 2>&1
	# The text of a program lies between its marks; the newline before the end mark is ours.
	awk -v out="$out" '
		$1 == "@begin" { name = $2; held = 0; printf "" >(out "/" name ".out"); next }
		$1 == "@end" && $2 == name {
			if (held && last != "") printf "%s", last >(out "/" name ".out")
			print $3 >(out "/" name ".rc"); close(out "/" name ".out"); close(out "/" name ".rc"); name = ""; next
		}
		name != "" { if (held) print last >(out "/" name ".out"); last = $0; held = 1 }
	' "$out/console.log"
}
left() { for name in $names; do [ -e "$out/$name.rc" ] || printf '%s ' "$name"; done; }

for try in 1 2; do
	# shellcheck disable=SC2046
	[ -z "$(left)" ] || boot $(left)
	[ -z "$(left)" ] || { echo "oracle: did not end in run $try: $(left)" >&2; cp "$out/console.log" "$out/console-$try.log"; }
done
[ -z "$(left)" ]

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# linux-kvm.sh OUT PROGRAM... [-- FILE...]: the oracle. Boots Debian's kernel with KVM for AMD inside QEMU's TCG, once, and
# runs every PROGRAM (a static binary or a script) there, in order; FILEs are in the folder they run in.
# OUT/NAME.out gets what NAME printed, OUT/NAME.rc its exit status; OUT/console.log the machine's console.
# EACH: seconds for a program (60); LIMIT: for the whole run (300); ARGS: arguments for every program; QEMU: more options.
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
script=$work/root/etc/run
cat >"$script" <<END
sh /modules/kvm-load || echo 'oracle: no KVM'
stty -onlcr -F /dev/console
cd /t
run() {	# name, arguments
	name=\$1
	shift
	printf '\n@begin %s\n' "\$name"
	timeout ${EACH:-60} "./\$name" "\$@" </dev/null 2>&1
	printf '\n@end %s %s\n' "\$name" \$?
}
END
programs=1
for file; do
	[ "$file" != -- ] || { programs=0; continue; }
	name=$(basename "$file")
	cp "$file" "$work/root/t/$name"
	[ $programs = 0 ] || chmod 755 "$work/root/t/$name"
	[ $programs = 0 ] || { rm -f "$out/$name.rc"; echo "run $name ${ARGS:-}" >>"$script"; }
done
(cd "$work/root" && find . | sort | "$guest/busybox" cpio -o -H newc 2>/dev/null) >"$work/run.cpio"
cat "$guest/initrd" "$guest/kvm.cpio" "$work/run.cpio" >"$work/initrd"
# shellcheck disable=SC2086
timeout "${LIMIT:-300}" qemu-system-x86_64 -accel tcg -cpu max,phys-bits=48 -smp 2 -m "${MEMORY:-2048}" -display none -nodefaults -no-reboot \
	-serial stdio -kernel "$guest/vmlinuz" -initrd "$work/initrd" \
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
missing=0
for file; do
	[ "$file" != -- ] || break
	name=$(basename "$file")
	[ -e "$out/$name.rc" ] || { echo "oracle: $name did not end; see $out/console.log" >&2; missing=1; }
done
exit $missing

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Counted, not timed: one instruction is one tick of the emulated machine (-icount shift=0), so the figures repeat
# to the last digit. Two boots: exits of a small guest, and Debian's kernel from power-on to where its shell would
# start. Prints a table beside KVM's figures, writes build/bench.json.
set -u
cd "$(dirname "$0")/../.."
. tests/lib.sh
logs=build/logs/bench
mkdir -p "$logs"
icount="-accel tcg -icount shift=0,sleep=off -rtc clock=vm,base=2026-01-01 -smp 1 -seed 1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step "bench: exits"
# shellcheck disable=SC2086
CPU=max APP_ELF=build/x86/app-exits.elf boot_machine "$logs/exits.log" debug-exit 900 $icount -m 512 ||
	{ tail "$logs/exits.log"; echo "bench: the exits did not come to an end" >&2; exit 1; }

step "bench: boot of Debian's kernel, 256 MiB guest on a 4 GiB machine"
guest=$(sh mk/guest.sh) || exit 1
sed 's/console=ttyS0/& quiet -- poweroff -f/' config/linux.json >"$work/linux.json"
# shellcheck disable=SC2086
CPU=max APP_ARGS=--exit-when-idle APP_FILES="$work/linux.json $guest/vmlinuz $guest/initrd" \
	boot_machine "$logs/boot.log" debug-exit 900 $icount -m 4096 ||
	{ tail "$logs/boot.log"; echo "bench: the guest did not come to its end" >&2; exit 1; }

{
	tr -d '\r' <"$logs/exits.log" | sed -n 's/^bench \([a-z0-9._]*\) \([0-9]*\) ticks$/\1 \2 instructions/p'
	tr -d '\r' <"$logs/boot.log" | sed -n \
		's/^boot: .*first guest entry at \([0-9]*\), end at \([0-9]*\) ticks$/boot.first_entry \1 instructions\nboot.end \2 instructions/p
		 s/^memory: \([0-9]*\) KiB in use at most, of which \([0-9]*\) KiB were.*/memory.used \1 KiB\nmemory.guests \2 KiB/p'
	echo "image.bytes $(wc -c <build/x86/socle.efi) bytes"
} | awk -v kvm=tests/bench/kvm.tsv -v json=build/bench.json '
	BEGIN { while ((getline line <kvm) > 0) if (line !~ /^#/) { split(line, f, "\t"); known[f[1]] = f[2]; goal[f[1]] = f[3] } }
	function row(name, value, unit) {
		n++
		missed = (name in goal && goal[name] != "-" && value > goal[name] + 0) ? "  missed" : ""
		printf "%-20s %14d %-12s %14s %14s%s\n", name, value, unit, (name in known) ? known[name] : "-",
			(name in goal) ? goal[name] : "-", missed
		out[n] = sprintf("  {\"name\": \"%s\", \"arch\": \"x86\", \"value\": %d, \"unit\": \"%s\", \"kvm\": %s}",
			name, value, unit, (name in known) ? known[name] : "null")
	}
	BEGIN { printf "%-20s %14s %-12s %14s %14s\n", "what", "Socle", "unit", "KVM 6.12", "target" }
	$1 == "boot.first_entry" { first = $2 }
	$1 == "boot.end" { row("boot.linux_shell", $2 - first, $3); next }
	$1 == "memory.used" { used = $2; next }
	$1 == "memory.guests" { row("memory.overhead", (used - $2) * 1024, "bytes"); next }
	{ row($1, $2, $3) }
	END { print "[" >json; for (i = 1; i <= n; i++) print out[i] (i < n ? "," : "") >json; print "]" >json }'
echo "bench: written to build/bench.json"

# SPDX-License-Identifier: Apache-2.0
# Own guests, memtest86+, and descriptions that cannot work, in one boot of the oracle machine.
logs=build/logs/vmm-linux
work=$(mktemp -d)
guest=$(sh mk/guest.sh)
before=$failed
step "the VMM on Linux: small guests, bad input, memtest86+"
# vm NAME MEMORY PAYLOAD [MORE]
vm() {
	echo "{ \"cpus\": {\"boot_vcpus\": 1}, \"memory\": {\"size\": $2}, \"payload\": {$3}, \"testdev\": true ${4:-} }" >"$work/$1.json"
}
M=16777216
printf 'abc' >"$work/abc"
printf 'hello' >"$work/hello"
head -c 1000000 "$guest/vmlinuz" >"$work/short"
vm pvh $M '"kernel": "boot-pvh", "initramfs": "abc", "modules": ["hello a b"], "cmdline": "testdev nowhere exit=3"'
vm mb $M '"kernel": "boot-mb", "modules": ["abc x=1", "hello"], "cmdline": "one two"'
vm idle $M '"kernel": "boot-mb"'
vm memtest 33554432 '"kernel": "memtest.bin", "cmdline": "console=ttyS0,115200"'
vm missing $M '"kernel": "nothing-here"'
vm text $M '"kernel": "hello"'
vm short 67108864 '"kernel": "short"'
vm triple $M '"kernel": "boot-pvh", "cmdline": "triple"'
vm huge 1099511627776 '"kernel": "boot-pvh"'
vm small 4194304 '"kernel": "vmlinuz"'
vm nodisk $M '"kernel": "boot-pvh"' ', "disks": [{"path": "nothing"}]'
vm good $M '"kernel": "boot-mb", "cmdline": "exit=5"'
printf '{\n"cpus": { "boot_vcpus": 0 }}' >"$work/zero.json"
printf '{\n"cpus": {\n"boot_cpus": 1 }}' >"$work/unknown.json"
printf '{\n"cpus": { "boot_vcpus" 1 }}' >"$work/syntax.json"
cat >"$work/pair" <<'END'
#!/bin/sh
# Lines of VMs in the back stay whole: idle is in front. It and mb halt for ever: the shell stops them.
{ sleep 4; printf '\035svm list\nvm stop mb\nvm stop idle\n'; } | ./socle-vmm idle.json pvh.json mb.json
END
cat >"$work/bad" <<'END'
#!/bin/sh
./socle-vmm --batch missing.json text.json short.json triple.json huge.json small.json nodisk.json zero.json unknown.json \
	syntax.json absent.json good.json
END
cat >"$work/reset" <<'END'
#!/bin/sh
sed 's/"one two"/"reset"/' mb.json >reset.json
{ sleep 3; printf '\035svm stop reset\nstat\nnonsense\nhelp\n'; } | ./socle-vmm reset.json
END
cat >"$work/memtest" <<'END'
#!/bin/sh
{ sleep 25; printf '\035svm stop memtest\n'; } | ./socle-vmm memtest.json
END
EACH=100 LIMIT=250 sh tests/run/linux-kvm.sh "$logs" "$work/pair" "$work/bad" "$work/reset" "$work/memtest" -- build/linux/socle-vmm \
	"$work"/*.json "$work/abc" "$work/hello" "$work/short" build/guest/boot-* "$guest/memtest.bin" "$guest/vmlinuz"
# program that printed, expression, what it shows
vmm_says() { tr -d '\r' <"$logs/$1.out" | grep -q "$2"; verdict "vmm on Linux: $1: $3" $?; }
vmm_says pair 'pvh: version 1, magic 336ec578, RSDP' 'PVH start info'
vmm_says pair "module 'abc' bytes 3 sum 126" 'the initramfs is the first module of PVH'
vmm_says pair "module 'hello a b' bytes 5 sum 214" 'a module with arguments'
vmm_says pair 'memory 100000 bytes f00000 type 1' 'memory map'
vmm_says pair 'memory e0000000 bytes 100000 type 2' 'memory map has the ECAM'
vmm_says pair "command line 'testdev nowhere exit=3'" 'command line'
vmm_says pair 'testdev: scratch 12345678 ram cafe babe irq 20' 'test device'
vmm_says pair 'nowhere: memory ffffffff port ffffffff' 'nothing there reads ones'
vmm_says pair 'pvh: test ended' 'exit port'
vmm_says pair 'multiboot: flags 24d, lower KiB 27f, upper KiB 3c00' 'multiboot information'
vmm_says pair "module 'abc x=1' bytes 3 sum 126" 'multiboot module with arguments'
vmm_says pair '2  mb *running *1 vCPUs, 16 MiB' 'the shell lists VMs'
vmm_says pair 'mb: stopped' 'the shell stops a VM'
vmm_says bad 'missing: payload.kernel: nothing-here: No such file or directory' 'missing kernel file'
vmm_says bad 'text: payload.kernel: hello: not a bzImage' 'not a bzImage'
vmm_says bad 'short: short: truncated: 1000000 bytes, its header says' 'truncated image'
vmm_says bad 'triple: vCPU 0: triple fault' 'triple fault'
vmm_says bad 'huge: memory.size: the host has no room for 1099511627776 bytes' 'too much memory'
vmm_says bad 'small: .*does not fit in memory' 'too little memory'
vmm_says bad 'nodisk: disks.0..path: nothing: No such file' 'missing disk'
vmm_says bad 'zero.json:2: cpus.boot_vcpus: must be from 1 to 64' 'zero CPUs'
vmm_says bad 'unknown.json:3: cpus.boot_cpus: unknown field' 'unknown field'
vmm_says bad 'syntax.json:2: JSON syntax error' 'JSON syntax error'
vmm_says bad 'absent.json: No such file or directory' 'missing description'
vmm_says bad "command line 'exit=5'" 'the other VM runs'
[ "$(cat "$logs/bad.rc")" = 1 ]
verdict "vmm on Linux: bad: exit status 1" $?
[ "$(cat "$logs/pair.rc")" = 7 ]
verdict "vmm on Linux: pair: exit status of the exit port" $?
[ "$(grep -c 'reset: now' "$logs/reset.out")" -ge 2 ]
verdict "vmm on Linux: reset: the guest starts again" $?
vmm_says reset 'stat: needs /dev/socle' 'what only Socle has is said to be absent'
vmm_says reset 'nonsense: unknown command' 'unknown command of the shell'
vmm_says memtest 'Memtest86+' 'memtest86+ from its package'
[ "$failed" = "$before" ] || tail -n 40 "$logs"/*.out
rm -rf "$work"

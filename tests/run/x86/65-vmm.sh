# SPDX-License-Identifier: Apache-2.0
# The VMM on Socle, one boot with many VMs side by side: Linux with two CPUs, disks, rng and console by virtio, own
# guests by PVH and multiboot, memtest86+, and descriptions that cannot work. tests/run/vmm-linux does the like on Linux.
logs=build/logs/vmm
rm -rf "$logs"
mkdir -p "$logs"
work=$(mktemp -d)
guest=$(sh mk/guest.sh)
before=$failed
step "the VMM on Socle: many VMs, bad input, memtest86+"
# vm NAME CPUS MEMORY PAYLOAD [MORE]
vm() {
	echo "{ \"cpus\": {\"boot_vcpus\": $2}, \"memory\": {\"size\": $3}, \"payload\": {$4} ${5:-} }" >"$work/$1.json"
}
M=16777216
printf 'abc' >"$work/abc"
printf 'hello' >"$work/hello"
head -c 65536 "$guest/vmlinuz" >"$work/disk"
head -c 1000000 "$guest/vmlinuz" >"$work/short"
vm lin 2 134217728 '"kernel": "/socle/vmlinuz", "initramfs": "/socle/initrd", "cmdline": "console=hvc0 quiet"' \
	', "console": {"mode": "Tty"}, "disks": [{"path": "/socle/disk", "readonly": true, "serial": "disk-a"}], "rng": {}'
vm pvh 1 $M '"kernel": "/socle/boot-pvh", "initramfs": "/socle/abc", "modules": ["/socle/hello a b"], "cmdline": "testdev nowhere exit=3"' \
	', "testdev": true'
vm mb 1 $M '"kernel": "/socle/boot-mb", "modules": ["/socle/abc x=1", "/socle/hello"], "cmdline": "one two"'
vm memtest 1 33554432 '"kernel": "/socle/memtest.bin", "cmdline": "console=ttyS0,115200"'
vm missing 1 $M '"kernel": "/socle/nothing-here"'
vm text 1 $M '"kernel": "/socle/hello"'
vm short 1 67108864 '"kernel": "/socle/short"'
vm triple 1 $M '"kernel": "/socle/boot-pvh", "cmdline": "triple"'
vm huge 1 1099511627776 '"kernel": "/socle/boot-pvh"'
vm small 1 4194304 '"kernel": "/socle/vmlinuz"'
vm nodisk 1 $M '"kernel": "/socle/boot-pvh"' ', "disks": [{"path": "/socle/nothing"}]'
printf '{\n"cpus": { "boot_vcpus": 0 }}' >"$work/zero.json"
printf '{\n"cpus": {\n"boot_cpus": 1 }}' >"$work/unknown.json"
printf '{\n"cpus": { "boot_vcpus" 1 }}' >"$work/syntax.json"
names="lin pvh mb memtest missing text short triple huge small nodisk zero unknown syntax absent"
log=$logs/machine.log
: >"$log"
said() {	# expression: waits until the machine said it, ten minutes at most
	tries=0
	until tr -d '\r' <"$log" | grep -q "$1"; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || return 1
		sleep 1
	done
}
{
	said '^init: Linux'
	printf 'nproc; cat /sys/block/vda/serial; md5sum /dev/vda; head -c 100 /dev/hwrng | wc -c; poweroff -f\n'
	said '^vmm: lin: powered off'
	said 'Moving inversions'
	printf '\035s'
	printf 'vm list\nmem\nnonsense\nvm stop memtest\nvm stop mb\n'
	said '^vmm: mb: stopped\|socle> vmm: mb: stopped'
} | ARGS="--exit-when-idle $(for n in $names; do printf '/socle/%s.json ' $n; done)" MEM=2048 SMP=2 LIMIT=900 \
	FILES="$(echo "$work"/*) build/guest/boot-pvh build/guest/boot-mb $guest/memtest.bin $guest/vmlinuz $guest/initrd" \
	sh mk/run.sh build/x86/app-vmm.elf >"$log" 2>&1
rc=$?
vmm_says() { tr -d '\r' <"$log" | grep -q "$1"; verdict "vmm: $2" $?; }
vmm_says '^init: Linux .* 2 CPU' 'Linux with two CPUs, console by virtio'
vmm_says '^disk-a' "its disk's serial number"
vmm_says "$(md5sum <"$work/disk" | cut -d' ' -f1)" "its disk's contents"
vmm_says '^100$' 'its random numbers'
vmm_says '^vmm: lin: powered off' 'poweroff ends its VM only'
vmm_says '\[pvh\] pvh: version 1, magic 336ec578, RSDP' 'PVH start info'
vmm_says "\[pvh\] module '/socle/hello a b' bytes 5 sum 214" 'a module with arguments'
vmm_says '\[pvh\] testdev: scratch 12345678 ram cafe babe irq 20' 'test device'
vmm_says '\[pvh\] nowhere: memory ffffffff port ffffffff' 'access outside memory'
vmm_says 'vmm: pvh: test ended' 'exit port'
vmm_says "\[mb\] module '/socle/abc x=1' bytes 3 sum 126" 'multiboot module with arguments'
vmm_says '\[memtest\].*Memtest86+' 'memtest86+ from its package'
vmm_says 'missing: payload.kernel: /socle/nothing-here: No such file or directory' 'missing kernel file'
vmm_says 'text: payload.kernel: /socle/hello: not a bzImage' 'not a bzImage'
vmm_says 'short: /socle/short: truncated: 1000000 bytes, its header says' 'truncated image'
vmm_says 'triple: vCPU 0: triple fault' 'triple fault'
vmm_says 'huge: memory.size: the host has no room for 1099511627776 bytes' 'too much memory'
vmm_says 'small: .*does not fit in memory' 'too little memory'
vmm_says 'nodisk: disks.0..path: /socle/nothing: No such file' 'missing disk'
vmm_says 'zero.json:2: cpus.boot_vcpus: must be from 1 to 64' 'zero CPUs'
vmm_says 'unknown.json:3: cpus.boot_cpus: unknown field' 'unknown field'
vmm_says 'syntax.json:2: JSON syntax error' 'JSON syntax error'
vmm_says 'absent.json: No such file or directory' 'missing description'
vmm_says 'lin *stopped *2 vCPUs, 128 MiB' 'the shell lists VMs'
vmm_says '^total_pages' 'what the kernel knows of its memory'
vmm_says 'nonsense: unknown command' 'unknown command of the shell'
vmm_says 'vmm: memtest: stopped' 'the shell stops a VM'
[ $rc = 1 ]
verdict "vmm: exit status 1 after bad input" $?
[ "$failed" = "$before" ] || tail -n 60 "$log"
rm -rf "$work"

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
head -c 65536 /dev/zero >"$work/scratch"
head -c 1000000 "$guest/vmlinuz" >"$work/short"
vm lin 2 134217728 '"kernel": "/socle/vmlinuz", "initramfs": "/socle/initrd", "cmdline": "console=hvc0 quiet"' \
	', "console": {"mode": "Tty"}, "disks": [{"path": "/socle/disk", "readonly": true, "serial": "disk-a"},
	{"path": "/socle/scratch"}], "rng": {}'
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
said() {	# expression [times]: waits until the machine said it; once it did not, or has ended, nothing is waited for
	tries=0
	until [ "$(tr -d '\r' <"$log" | grep -c "$1")" -ge "${2:-1}" ]; do
		tries=$((tries + 1))
		[ ! -e "$logs/over" ] && [ $tries -lt 120 ] || { : >"$logs/over"; return 1; }
		sleep 1
	done
}
ready() {	# life: asks lin's shell until it answers: typed before its prompt, a line may get no answer (docs/status.md, Traps)
	printf '\0350'
	until [ -e "$logs/over" ] || tr -d '\r' <"$log" | grep -q "^ready $1"; do
		printf 'echo re""ady %s\n' "$1"
		tries=0
		while [ $tries -lt 5 ] && ! tr -d '\r' <"$log" | grep -q "^ready $1"; do tries=$((tries + 1)); sleep 1; done
	done
}
# What the guest writes to its second disk in its first life it finds there in the second, when its own cache is new.
{
	said '^init: Linux'
	ready 1
	printf 'nproc; cat /sys/block/vda/serial; md5sum /dev/vda; head -c 100 /dev/hwrng | wc -c\n'
	printf 'echo kept by the disk | dd of=/dev/vdb bs=512 seek=100 conv=sync,fsync && echo 3 >/proc/sys/vm/drop_caches\n'
	printf 'dd if=/dev/vdb bs=512 skip=100 count=1 | tr -d "\\000" | tr a-z A-Z; echo x | dd of=/dev/vda; echo status $?\n'
	said '^KEPT BY THE DISK' && said '^status [0-9]'
	printf '\035svm reset lin\n'
	said 'init: Linux' 2
	ready 2
	printf 'dd if=/dev/vdb bs=512 skip=100 count=1 | tr -d "\\000" | sed "s/kept/still kept/"\n'
	said '^still kept by the disk'
	# lin and memtest work while the kernel writes down what it does.
	printf '(while :; do :; done) & while :; do echo 3 >/proc/sys/vm/drop_caches; done\n\035strace on\n'
	sleep 2
	printf 'trace off\ntrace show 3000\ntrace\n'
	said '^trace is off'
	printf 'stat\nhelp\nvm list\nmem\nlog\nnonsense\nvm\nvm stop nobody\nvm start lin\n'
	said '^lin is running'
	printf 'vm stop lin\n'
	said 'vmm: lin: stopped'
	printf 'vm list\nvm start lin\n'
	said 'init: Linux' 3
	ready 3
	printf 'poweroff -f\n'
	said 'vmm: lin: powered off'
	said 'Moving inv'
	printf '\035svm list\nvm stop memtest\nvm stop mb\n'
	said '^vmm: mb: stopped\|socle> vmm: mb: stopped'
} | { ARGS="--exit-when-idle $(for n in $names; do printf '/socle/%s.json ' $n; done)" MEM=2048 SMP=2 LIMIT=900 \
	FILES="$(echo "$work"/*) build/guest/boot-pvh build/guest/boot-mb $guest/memtest.bin $guest/vmlinuz $guest/initrd" \
	sh mk/run.sh build/x86/app-vmm.elf >"$log" 2>&1
	echo $? >"$logs/over"; }
rc=$(cat "$logs/over")
vmm_says() { tr -d '\r' <"$log" | grep -q "$1"; verdict "vmm: $2" $?; }
vmm_says '^init: Linux .* 2 CPU' 'Linux with two CPUs, console by virtio'
vmm_says '^disk-a' "its disk's serial number"
vmm_says "$(md5sum <"$work/disk" | cut -d' ' -f1)" "its disk's contents"
vmm_says '^100$' 'its random numbers'
vmm_says '^KEPT BY THE DISK' 'what the guest writes to a disk it reads back'
vmm_says '^status 1' 'a disk that is read only refuses'
vmm_says 'vmm: lin: reset' 'the shell resets a VM'
vmm_says '^still kept by the disk' 'what was written outlives the reset'
vmm_says 'vmm: lin: powered off' 'poweroff ends its VM only'
vmm_says '\[pvh\] pvh: version 1, magic 336ec578, RSDP' 'PVH start info'
vmm_says "\[pvh\] module '/socle/hello a b' bytes 5 sum 214" 'a module with arguments'
vmm_says '\[pvh\] testdev: scratch 12345678 ram cafe babe irq 20' 'test device'
vmm_says '\[pvh\] nowhere: memory ffffffff port ffffffff' 'access outside memory'
vmm_says 'vmm: pvh: test ended' 'exit port'
vmm_says "\[mb\] module '/socle/abc x=1' bytes 3 sum 126" 'multiboot module with arguments'
vmm_says '\[memtest\].*Memtest86+' 'memtest86+ from its package'
vmm_says '\[memtest\].*\[Moving inv' 'memtest86+ runs its tests'
! tr -d '\r' <"$log" | grep -q '\[memtest\].*Errors: *[1-9]'
verdict 'vmm: memtest86+ finds no error' $?
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
vmm_says '^help, vm list, vm start|stop|reset NAME, log, trace' "the shell's help"
vmm_says '^lin is running' 'what runs is not started again'
vmm_says '^no VM of this name: nobody' 'a name that no VM has'
vmm_says '^socle: kernel at [0-9a-f]*, options' "the kernel's log"
vmm_says '^cpu 1 switches [1-9]' 'statistics of CPUs'
vmm_says '^vm [0-9]* vcpu 1 exits [1-9]' 'statistics of vCPUs'
vmm_says '^trace is off' 'trace off'
# Records are in the order of time: two VMs run in turns or at once, one on each CPU.
tr -d '\r' <"$log" | awk '$2 == "cpu" && $4 == "vm" { if (!($5 in first)) first[$5] = NR; last[$5] = NR; on[$3] = 1 }
	END { for (a in first) for (b in first) if (a != b && first[b] < last[a] && first[a] < last[b]) found = 1
		exit !(found && on[0] && on[1]) }'
verdict "vmm: two VMs at work at the same time, on two CPUs" $?
vmm_says 'nonsense: unknown command' 'unknown command of the shell'
vmm_says 'vmm: memtest: stopped' 'the shell stops a VM'
[ $rc = 1 ]
verdict "vmm: exit status 1 after bad input" $?
[ "$failed" = "$before" ] || tail -n 60 "$log"
rm -rf "$work"

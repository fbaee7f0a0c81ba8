# SPDX-License-Identifier: Apache-2.0
# The image on machines of different shape; the kernel tests itself there.
numa="-object memory-backend-ram,id=m0,size=256M -object memory-backend-ram,id=m1,size=256M"
numa="$numa -numa node,nodeid=0,cpus=0,memdev=m0 -numa node,nodeid=1,cpus=1,memdev=m1"
for shape in "-smp 1 -m 512" "-smp 4 -m 512" "-smp 1 -m 8192" "-smp 4 -m 8192 -device edu" "-smp 2 -m 512 $numa"; do
	log="build/logs/boot$(echo "$shape" | cut -c 1-26 | tr -d ' -').log"
	step "boot with selftest, $shape"
	# shellcheck disable=SC2086
	boot_machine "$log" "debug-exit selftest" 600 $shape && grep -q 'selftest: .* 0 failed' "$log"
	rc=$?
	[ $rc = 0 ] || tail -20 "$log"
	verdict "boot under OVMF $shape" $rc
done
grep -q 'selftest: 2 MSIs on CPU 3' build/logs/bootsmp4m8192deviceedu.log
verdict "an MSI of a device arrives" $?
grep -q 'selftest: 2 nodes' "$log"
verdict "the machine with two nodes has two" $?

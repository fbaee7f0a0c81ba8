# SPDX-License-Identifier: Apache-2.0
# The image on machines of different shape; the kernel tests itself there.
for shape in "-smp 1 -m 512" "-smp 4 -m 512" "-smp 1 -m 8192" "-smp 4 -m 8192"; do
	log="build/logs/boot$(echo "$shape" | tr -d ' -').log"
	step "boot with selftest, $shape"
	# shellcheck disable=SC2086
	boot_machine "$log" "debug-exit selftest" 600 $shape && grep -q 'selftest: .* 0 failed' "$log"
	rc=$?
	[ $rc = 0 ] || tail -20 "$log"
	verdict "boot under OVMF $shape" $rc
done

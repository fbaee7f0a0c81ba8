# SPDX-License-Identifier: Apache-2.0
# The other compiler: kernel, loader, apps and unit tests build without a warning, and its image passes the self test.
step "build with clang, about a minute"
log=build/logs/clang.log
make -s CC=clang O=build/clang/x86 U=build/clang/unit clang-all >"$log" 2>&1 && ! grep -E 'warning:|error:' "$log"
rc=$?
[ $rc = 0 ] || tail -20 "$log"
verdict "clang builds without a warning" $rc
if [ $rc = 0 ]; then
	IMAGE=build/clang/x86/socle.efi boot_machine build/logs/clang-boot.log "debug-exit selftest" 600 -smp 2 -m 512
	rc=$?
	[ $rc = 0 ] || tail -20 build/logs/clang-boot.log
	verdict "clang's image boots and passes its self test" $rc
fi

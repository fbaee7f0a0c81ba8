# SPDX-License-Identifier: Apache-2.0
# Lines between the parts, and headers that compile alone.
logged "layering" 120 python3 tests/layering/layering.py build/x86
logged "headers compile alone" 300 make -s headers
# A tree that breaks each line once: the test finds all of them.
planted=$(mktemp -d)
mkdir -p "$planted/vmm" "$planted/kernel" "$planted/arch" "$planted/drivers" "$planted/include/socle" "$planted/include/uapi" "$planted/b/kernel"
echo '#include <socle/sched.h>' >"$planted/vmm/a.c"
printf '#include "../vmm/a.c"\n#include <asm/cpu.h>\nvoid arch_secret(void); void *malloc(unsigned long); void f(void); void f(void) { arch_secret(); }\n' >"$planted/kernel/a.c"
echo 'void arch_listed(void);' | tee "$planted/include/socle/arch.h" >"$planted/include/socle/kvm.h"
echo 'void arch_secret(void); void f(void); void f(void) { arch_secret(); }' | gcc -c -x c -o "$planted/b/kernel/a.o" -
echo 'void *malloc(unsigned long n); void *malloc(unsigned long n) { return (void *)n; }' | gcc -ffreestanding -fno-builtin -c -x c -o "$planted/b/kernel.elf" -
LAYERING_ROOT=$planted python3 tests/layering/layering.py "$planted/b" >"$planted/out"
[ "$(wc -l <"$planted/out")" = 5 ]
rc=$?
[ $rc = 0 ] || cat "$planted/out"
verdict "layering finds planted breaches" $rc
rm -rf "$planted"

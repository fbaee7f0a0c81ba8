# SPDX-License-Identifier: Apache-2.0
unit-tests += test_pt
test_pt-src := kernel/pt/pt.c arch/x86/host_format.c arch/x86/kvm/npt.c kernel/mem/phys.c kernel/mem/slab.c tests/unit/fake/kernel.c
test_pt-cflags := -Iarch/x86/include

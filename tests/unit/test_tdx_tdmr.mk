# SPDX-License-Identifier: Apache-2.0
unit-tests += test_tdx_tdmr
test_tdx_tdmr-src := $(addprefix arch/x86/tdx/,tdmr.c pages.c pamt.c) $(wildcard arch/x86/tdx/softmodule/*.c) \
	kernel/mem/phys.c kernel/mem/slab.c tests/unit/fake/kernel.c
test_tdx_tdmr-cflags := -Iarch/x86/tdx -Iarch/x86/tdx/softmodule

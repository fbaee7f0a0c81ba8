# SPDX-License-Identifier: Apache-2.0
unit-tests += test_tdx_seamcall
test_tdx_seamcall-src := $(addprefix arch/x86/tdx/,leaf.c seamcall.c status.c) $(filter-out arch/%,$(test_tdx_pamt-src))
test_tdx_seamcall-cflags := $(test_tdx_pamt-cflags)

# SPDX-License-Identifier: Apache-2.0
unit-tests += test_tdx_status
test_tdx_status-src := arch/x86/tdx/status.c
test_tdx_status-cflags := -Iarch/x86/tdx

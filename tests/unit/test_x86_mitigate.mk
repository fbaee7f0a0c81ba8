# SPDX-License-Identifier: Apache-2.0
unit-tests += test_x86_mitigate
test_x86_mitigate-src := arch/x86/kvm/mitigate_table.c
test_x86_mitigate-cflags := -Iarch/x86/kvm

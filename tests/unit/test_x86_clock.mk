# SPDX-License-Identifier: Apache-2.0
unit-tests += test_x86_clock test_x86_cpuid test_x86_msr
test_x86_clock-cflags := -Iarch/x86/kvm
test_x86_clock-libs := -lm
test_x86_cpuid-src := arch/x86/kvm/cpuid_table.c
test_x86_cpuid-cflags := -Iarch/x86/kvm
test_x86_msr-src := arch/x86/kvm/msr.c
test_x86_msr-cflags := -Iarch/x86/include -Iarch/x86/kvm

# SPDX-License-Identifier: Apache-2.0
kernel-y += arch/x86/kvm/vm.c arch/x86/kvm/vcpu.c arch/x86/kvm/run.c arch/x86/kvm/regs.c arch/x86/kvm/cr.c
kernel-y += arch/x86/kvm/inject.c arch/x86/kvm/cpuid.c arch/x86/kvm/msr.c arch/x86/kvm/guest_walk.c
kernel-y += arch/x86/kvm/npt.c arch/x86/kvm/svm.c arch/x86/kvm/svm_setup.c arch/x86/kvm/svm_exit.c
kernel-y += arch/x86/kvm/svm_io.c arch/x86/kvm/svm_nmi.c arch/x86/kvm/svm_enter.S arch/x86/kvm/emulate.c arch/x86/kvm/emul_ops.c
kernel-y += arch/x86/kvm/cpuid_table.c arch/x86/kvm/cpuid_ioctl.c
kernel-y += arch/x86/kvm/msr_sets.c arch/x86/kvm/msr_filter.c arch/x86/kvm/msr_ioctl.c
kernel-y += arch/x86/kvm/tsc.c arch/x86/kvm/pvclock.c arch/x86/kvm/hypercall.c
kernel-y += arch/x86/kvm/vcpu_ioctl.c arch/x86/kvm/events.c arch/x86/kvm/xsave.c arch/x86/kvm/mce.c
kernel-y += arch/x86/kvm/debug.c arch/x86/kvm/svm_debug.c
kernel-y += arch/x86/kvm/mitigate.c arch/x86/kvm/mitigate_table.c

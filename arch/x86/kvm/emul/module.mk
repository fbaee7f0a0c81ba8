# SPDX-License-Identifier: Apache-2.0
kernel-y += arch/x86/kvm/emul/decode.c arch/x86/kvm/emul/mem.c
kernel-y += arch/x86/kvm/emul/operand.c arch/x86/kvm/emul/alu.c
kernel-y += arch/x86/kvm/emul/ops.c arch/x86/kvm/emul/string.c
kernel-y += arch/x86/kvm/emul/exec.c arch/x86/kvm/emul/emul_fast.c

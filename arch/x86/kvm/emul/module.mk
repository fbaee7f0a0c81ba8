# SPDX-License-Identifier: Apache-2.0
kernel-y += arch/x86/kvm/emul/decode.c arch/x86/kvm/emul/mem.c
kernel-y += arch/x86/kvm/emul/operand.c arch/x86/kvm/emul/alu.c
kernel-y += arch/x86/kvm/emul/ops.c arch/x86/kvm/emul/string.c
kernel-y += arch/x86/kvm/emul/exec.c arch/x86/kvm/emul/emul_fast.c
kernel-y += arch/x86/kvm/emul/flow.c arch/x86/kvm/emul/stack.c
kernel-y += arch/x86/kvm/emul/segment.c arch/x86/kvm/emul/bits.c
kernel-y += arch/x86/kvm/emul/system.c arch/x86/kvm/emul/sse.c

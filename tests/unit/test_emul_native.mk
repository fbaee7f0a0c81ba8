# SPDX-License-Identifier: Apache-2.0
emul-src := $(addprefix arch/x86/kvm/emul/,decode.c mem.c operand.c alu.c ops.c string.c exec.c flow.c stack.c \
	segment.c bits.c system.c sse.c)
unit-tests += test_emul_native
test_emul_native-src := $(emul-src)
test_emul_native-libs := -lZydis
unit-tests += test_emul_fuzz
test_emul_fuzz-src := $(emul-src) arch/x86/kvm/emul/emul_fast.c
test_emul_fuzz-libs := -lZydis

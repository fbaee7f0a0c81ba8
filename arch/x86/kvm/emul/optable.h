/* SPDX-License-Identifier: Apache-2.0 */
/*
 * optable.h - the instructions that we execute: X(Zydis mnemonic, function)
 *
 * The decoder's mnemonic map, the executor's dispatch table and the list that
 * the tests walk are made from these rows.
 */
#ifndef X86_KVM_EMUL_OPTABLE_H
#define X86_KVM_EMUL_OPTABLE_H

#define EMUL_CC_ROWS(X, pre, fn) \
	X(pre##O, fn) X(pre##NO, fn) X(pre##B, fn) X(pre##NB, fn) \
	X(pre##Z, fn) X(pre##NZ, fn) X(pre##BE, fn) X(pre##NBE, fn) \
	X(pre##S, fn) X(pre##NS, fn) X(pre##P, fn) X(pre##NP, fn) \
	X(pre##L, fn) X(pre##NL, fn) X(pre##LE, fn) X(pre##NLE, fn)

#define EMUL_OPS_FLOW(X) \
	X(JMP, jmp) X(CALL, call) X(RET, ret) X(IRET, iret) X(IRETD, iret) X(LOOP, loop) \
	X(LOOPE, loop) X(LOOPNE, loop) X(JCXZ, jcxz) X(JECXZ, jcxz) X(JRCXZ, jcxz) \
	EMUL_CC_ROWS(X, J, jcc) X(PUSH, push) X(POP, pop) X(PUSHA, pusha) X(PUSHAD, pusha) \
	X(POPA, popa) X(POPAD, popa) X(PUSHF, pushf) X(PUSHFD, pushf) X(PUSHFQ, pushf) \
	X(POPF, popf) X(POPFD, popf) X(POPFQ, popf) X(ENTER, enter) X(LEAVE, leave) \
	X(LDS, lseg) X(LES, lseg) X(LFS, lseg) X(LGS, lseg) X(LSS, lseg)

#define EMUL_OPS_BITS(X) \
	X(BT, bt) X(BTS, bt) X(BTR, bt) X(BTC, bt) X(BSF, bscan) X(BSR, bscan) \
	X(POPCNT, count) X(TZCNT, count) X(LZCNT, count) X(CBW, cbw) X(CWDE, cbw) \
	X(CDQE, cbw) X(CWD, cwd) X(CDQ, cwd) X(CQO, cwd) X(MUL, mul) X(IMUL, mul) \
	X(DIV, div) X(IDIV, div) X(CMPXCHG8B, cmpxchg_pair) X(CMPXCHG16B, cmpxchg_pair)

#define EMUL_OPS_SYSTEM(X) \
	X(LMSW, lmsw) X(SMSW, smsw) X(CLTS, clts) X(LGDT, lgdt) X(LIDT, lgdt) \
	X(SGDT, sgdt) X(SIDT, sgdt) X(INVLPG, invlpg) X(RDMSR, rdmsr) X(WRMSR, wrmsr) \
	X(RDTSC, rdtsc) X(CPUID, cpuid) X(HLT, hlt) X(INVD, wbinvd) X(WBINVD, wbinvd) \
	X(CLI, if) X(STI, if)

#define EMUL_OPS_VECTOR(X) \
	X(MOVAPS, vmov) X(MOVAPD, vmov) X(MOVDQA, vmov) X(MOVUPS, vmov) X(MOVUPD, vmov) \
	X(MOVDQU, vmov) X(LDDQU, vmov) X(MOVNTPS, vmov) X(MOVNTPD, vmov) X(MOVNTDQ, vmov) \
	X(MOVNTDQA, vmov) X(VMOVAPS, vmov) X(VMOVAPD, vmov) X(VMOVDQA, vmov) X(VMOVUPS, vmov) \
	X(VMOVUPD, vmov) X(VMOVDQU, vmov) X(VLDDQU, vmov) X(VMOVNTPS, vmov) X(VMOVNTPD, vmov) \
	X(VMOVNTDQ, vmov) X(VMOVNTDQA, vmov) X(MOVD, vmov_low) X(MOVQ, vmov_low) \
	X(VMOVD, vmov_low) X(VMOVQ, vmov_low) X(MOVSS, vmov_low)

#define EMUL_OPS(X) \
	X(MOV, mov) X(MOVNTI, mov) X(MOVZX, mov) X(MOVSX, movsx) X(MOVSXD, movsx) \
	X(MOVBE, movbe) X(LEA, lea) X(BSWAP, bswap) X(XCHG, xchg) X(XLAT, xlat) \
	X(LAHF, lahf) X(SAHF, sahf) X(NOP, nop) X(PREFETCH, nop) X(PREFETCHW, nop) \
	X(PREFETCHNTA, nop) X(PREFETCHT0, nop) X(PREFETCHT1, nop) X(PREFETCHT2, nop) \
	X(ENDBR32, nop) X(ENDBR64, nop) X(PAUSE, nop) X(LFENCE, fence) X(MFENCE, fence) \
	X(SFENCE, fence) X(ADD, alu) X(OR, alu) X(ADC, alu) X(SBB, alu) X(AND, alu) \
	X(SUB, alu) X(XOR, alu) X(CMP, alu) X(TEST, alu) X(INC, alu1) X(DEC, alu1) \
	X(NEG, alu1) X(NOT, alu1) X(ROL, shift) X(ROR, shift) X(RCL, shift) X(RCR, shift) \
	X(SHL, shift) X(SHR, shift) X(SAR, shift) X(SHLD, shiftd) X(SHRD, shiftd) \
	X(XADD, xadd) X(CMPXCHG, cmpxchg) X(CLC, flagop) X(STC, flagop) X(CMC, flagop) \
	X(CLD, flagop) X(STD, flagop) EMUL_CC_ROWS(X, SET, setcc) \
	EMUL_CC_ROWS(X, CMOV, cmov) X(MOVSB, movs) X(MOVSW, movs) X(MOVSD, movs) \
	X(MOVSQ, movs) X(STOSB, stos) X(STOSW, stos) X(STOSD, stos) X(STOSQ, stos) \
	X(LODSB, lods) X(LODSW, lods) X(LODSD, lods) X(LODSQ, lods) X(CMPSB, cmps) \
	X(CMPSW, cmps) X(CMPSD, cmps) X(CMPSQ, cmps) X(SCASB, scas) X(SCASW, scas) \
	X(SCASD, scas) X(SCASQ, scas) X(INSB, ins) X(INSW, ins) X(INSD, ins) X(OUTSB, outs) \
	X(OUTSW, outs) X(OUTSD, outs) X(IN, in) X(OUT, out) \
	EMUL_OPS_FLOW(X) EMUL_OPS_BITS(X) EMUL_OPS_SYSTEM(X) EMUL_OPS_VECTOR(X)

#define EMUL_OP_ENUM(m, fn) OP_##m,
enum emul_op { OP_NONE, EMUL_OPS(EMUL_OP_ENUM) OP_NR };
#undef EMUL_OP_ENUM

#endif

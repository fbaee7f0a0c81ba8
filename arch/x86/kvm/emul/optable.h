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
	X(OUTSW, outs) X(OUTSD, outs) X(IN, in) X(OUT, out)

#define EMUL_OP_ENUM(m, fn) OP_##m,
enum emul_op { OP_NONE, EMUL_OPS(EMUL_OP_ENUM) OP_NR };
#undef EMUL_OP_ENUM

#endif

// SPDX-License-Identifier: Apache-2.0
/*
 * The executor against this machine's CPU: random instructions of every form
 * run natively, in a page of their own, and through the executor from the same
 * state; registers, defined flags and memory must be equal afterwards.
 *
 * A signal handler puts the state into the interrupted context, so that the
 * return from it starts the instruction; INT3 fills the rest of the page, so
 * that wherever the instruction ends another signal brings the state back.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <cmocka.h>

#include "../../arch/x86/kvm/emul/priv.h"

#define CODE_PAGE	0x10000000ul
#define CODE_AT		0x800ul
#define DATA		0x30000000ul		/* two pages, nothing on both sides */
#define DATA_BYTES	0x2000ul
#define FLAGS_FIXED	0x202ull
#define XSAVE_MAGIC	0x46505853u

struct cpu { u64 gpr[16], rip, rflags; u8 vec[16][32]; int sig; };

/* --- native side --- */
static const u8 greg_of[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
				REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };
static struct cpu native;
static greg_t home[NGREG];
static volatile sig_atomic_t inside;
static bool have_ymm;

static u8 *ymmh(struct _libc_fpstate *fp)
{
	const u32 *sw = (const u32 *)(const void *)((u8 *)fp + 464);

	return sw[0] == XSAVE_MAGIC && (*(const u64 *)(const void *)(sw + 2) & 4) ? (u8 *)fp + 576 : NULL;
}

static void vectors_in(struct _libc_fpstate *fp)
{
	u8 *hi = ymmh(fp);

	for (u32 i = 0; i < 16; i++) {
		memcpy(&fp->_xmm[i], native.vec[i], 16);
		if (hi)
			memcpy(hi + 16 * i, native.vec[i] + 16, 16);
	}
	if (hi)
		*(u64 *)(void *)((u8 *)fp + 512) |= 7;
	have_ymm = hi != NULL;
}

static void vectors_out(struct _libc_fpstate *fp)
{
	u64 bv = *(u64 *)(void *)((u8 *)fp + 512);
	u8 *hi = ymmh(fp);

	for (u32 i = 0; i < 16; i++) {
		memset(native.vec[i], 0, 32);
		memcpy(native.vec[i], &fp->_xmm[i], 16);
		if (hi && (bv & 4))
			memcpy(native.vec[i] + 16, hi + 16 * i, 16);
	}
}

static void on_signal(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;
	greg_t *g = uc->uc_mcontext.gregs;

	(void)si;
	if (sig == SIGUSR1) {
		memcpy(home, g, sizeof(home));
		for (u32 i = 0; i < 16; i++)
			g[greg_of[i]] = (greg_t)native.gpr[i];
		g[REG_RIP] = (greg_t)native.rip;
		g[REG_EFL] = (greg_t)native.rflags;
		vectors_in(uc->uc_mcontext.fpregs);
		inside = 1;
		return;
	}
	if (!inside)
		_exit(99);
	inside = 0;
	for (u32 i = 0; i < 16; i++)
		native.gpr[i] = (u64)g[greg_of[i]];
	native.rip = (u64)g[REG_RIP];
	native.rflags = (u64)g[REG_EFL];
	native.sig = sig == SIGTRAP ? 0 : sig;
	if (sig == SIGTRAP)
		native.rip--;		/* of the INT3 */
	vectors_out(uc->uc_mcontext.fpregs);
	memcpy(g, home, sizeof(home));
}

static void native_setup(void)
{
	static const int sigs[] = { SIGUSR1, SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE };
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	static u8 stack[1 << 18];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };

	assert_int_equal(sigaltstack(&ss, NULL), 0);
	sigfillset(&sa.sa_mask);
	for (u32 i = 0; i < ARRAY_SIZE(sigs); i++) {
		sigdelset(&sa.sa_mask, sigs[i]);
		sigaction(sigs[i], &sa, NULL);
	}
	assert_ptr_equal(mmap((void *)CODE_PAGE, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), (void *)CODE_PAGE);
	assert_ptr_equal(mmap((void *)DATA, DATA_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), (void *)DATA);
	memset((void *)CODE_PAGE, 0xcc, PAGE_SIZE);
}

/* --- the executor's side: the same addresses in a copy of the data --- */
static u8 shadow[DATA_BYTES];
static struct cpu ours;

static bool in_data(u64 la, u32 len) { return la >= DATA && la + len <= DATA + DATA_BYTES && la + len > la; }

/* Outside the data, but memory of this process: natively the access would go there. The case is left out. */
static bool hits_process;

static int no_data(struct emul_ctx *c, u64 la, u32 len, u32 error)
{
	unsigned char in_core[2];
	u64 first = la & PAGE_MASK, last = (la + len - 1) & PAGE_MASK;

	hits_process |= !mincore((void *)first, PAGE_SIZE, in_core) || !mincore((void *)last, PAGE_SIZE, in_core);
	return emul_page_fault(c, la, error);
}

static int t_read(struct emul_ctx *c, u64 la, void *buf, u32 len, u32 flags)
{
	(void)flags;
	if (!in_data(la, len))
		return no_data(c, la, len, 4);
	memcpy(buf, shadow + (la - DATA), len);
	return EMUL_OK;
}

static int t_write(struct emul_ctx *c, u64 la, const void *buf, u32 len, u32 flags)
{
	if (!in_data(la, len))
		return no_data(c, la, len, 6);
	if (!(flags & EMUL_ACC_PROBE))
		memcpy(shadow + (la - DATA), buf, len);
	return EMUL_OK;
}

static int t_cmpxchg(struct emul_ctx *c, u64 la, void *old, const void *new_val, u32 len)
{
	if (!in_data(la, len))
		return no_data(c, la, len, 6);
	if (memcmp(shadow + (la - DATA), old, len)) {
		memcpy(old, shadow + (la - DATA), len);
		return EMUL_RETRY;
	}
	memcpy(shadow + (la - DATA), new_val, len);
	return EMUL_OK;
}

static int t_get_vec(struct emul_ctx *c, u32 nr, void *v)
{
	(void)c;
	memcpy(v, ours.vec[nr], 32);
	return EMUL_OK;
}

static int t_set_vec(struct emul_ctx *c, u32 nr, const void *v)
{
	(void)c;
	memcpy(ours.vec[nr], v, 32);
	return EMUL_OK;
}

static const struct emul_ops native_ops = {
	.read = t_read, .write = t_write, .cmpxchg = t_cmpxchg, .get_vec = t_get_vec, .set_vec = t_set_vec,
};

/* --- random numbers --- */
static u64 seed;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dull;
}

static u32 below(u32 n) { return (u32)(rnd() >> 33) % n; }

/* Edges are where flags are decided. */
static u64 rnd_value(void)
{
	static const u64 edges[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
				     0x7fffffffffffffff, 0x8000000000000000, ~0ull };

	return below(3) ? rnd() >> below(64) : edges[below(ARRAY_SIZE(edges))];
}

/* --- forms --- */
enum { F_MODRM = 1, F_IB = 2, F_IZ = 4, F_IV = 8, F_IW = 16, F_66 = 32, F_W = 64, F_REP = 128, F_MEM = 256, F_REG = 512,
       F_TARGET = 1024, F_REL = 2048, F_BITOFF = 4096, F_ALIGN = 8192, F_LOCKED = 16384, F_POPF = 1 << 15, F_NOREX = 1 << 16,
       F_COUNT = 1 << 17, F_NEG = 1 << 18 };

struct form { u8 b[4]; u8 n; s8 reg; u8 mandatory; u32 flags; };
#define ANY -1
#define V (F_66 | F_W)
static struct form forms[700];
static u32 nr_forms;

static void add(u32 mandatory, u32 opcode, u32 n, s32 reg, u32 flags)
{
	struct form *f = &forms[nr_forms++];

	assert_true(nr_forms <= ARRAY_SIZE(forms));
	*f = (struct form){ .n = (u8)n, .reg = (s8)reg, .mandatory = (u8)mandatory, .flags = flags };
	for (u32 i = 0; i < n; i++)
		f->b[i] = (u8)(opcode >> 8 * (n - 1 - i));
}

static void forms_alu(void)
{
	for (u32 op = 0; op < 8; op++) {
		for (u32 i = 0; i < 4; i++)
			add(0, op * 8 + i, 1, ANY, F_MODRM | (i & 1 ? V : 0) | (i < 2 && op != 7 ? F_LOCKED : 0));
		add(0, op * 8 + 4, 1, ANY, F_IB);
		add(0, op * 8 + 5, 1, ANY, F_IZ | V);
		add(0, 0x80, 1, (s32)op, F_MODRM | F_IB | (op != 7 ? F_LOCKED : 0));
		add(0, 0x81, 1, (s32)op, F_MODRM | F_IZ | V);
		add(0, 0x83, 1, (s32)op, F_MODRM | F_IB | V);
		for (u32 i = 0; i < 2; i++) {
			add(0, 0xc0 + i, 1, (s32)op, F_MODRM | F_IB | (i ? V : 0));
			add(0, 0xd0 + i, 1, (s32)op, F_MODRM | (i ? V : 0));
			add(0, 0xd2 + i, 1, (s32)op, F_MODRM | (i ? V : 0));
			if (op >= 2)
				add(0, 0xf6 + i, 1, (s32)op, F_MODRM | (i ? V : 0));
		}
	}
	for (u32 i = 0; i < 2; i++) {
		u32 w = i ? V : 0;

		add(0, 0x84 + i, 1, ANY, F_MODRM | w);
		add(0, 0xa8 + i, 1, ANY, (i ? F_IZ : F_IB) | w);
		add(0, 0xf6 + i, 1, 0, F_MODRM | (i ? F_IZ : F_IB) | w);
		add(0, 0xfe + i, 1, 0, F_MODRM | w | F_LOCKED);
		add(0, 0xfe + i, 1, 1, F_MODRM | w | F_LOCKED);
		add(0, 0x86 + i, 1, ANY, F_MODRM | w);
		add(0, 0x88 + i, 1, ANY, F_MODRM | w);
		add(0, 0x8a + i, 1, ANY, F_MODRM | w);
		add(0, 0xc6 + i, 1, 0, F_MODRM | (i ? F_IZ : F_IB) | w);
		add(0, 0x0fb0 + i, 2, ANY, F_MODRM | w | F_LOCKED);
		add(0, 0x0fc0 + i, 2, ANY, F_MODRM | w | F_LOCKED);
		add(0, 0x0fb6 + i, 2, ANY, F_MODRM | V);
		add(0, 0x0fbe + i, 2, ANY, F_MODRM | V);
		add(0, 0x0f38f0 + i, 3, ANY, F_MODRM | F_MEM | V);
		for (u32 s = 0xa4; s < 0xb0; s += 2)
			if (s != 0xa8)
				add(0, s + i, 1, ANY, F_REP | w);
	}
}

static void forms_bits(void)
{
	static const u16 bt[] = { 0x0fa3, 0x0fab, 0x0fb3, 0x0fbb };

	for (u32 i = 0; i < 4; i++) {
		add(0, bt[i], 2, ANY, F_MODRM | F_BITOFF | V | (i ? F_LOCKED : 0));
		add(0, 0x0fba, 2, (s32)i + 4, F_MODRM | F_IB | V);
	}
	add(0, 0x0fa4, 2, ANY, F_MODRM | F_IB | V | F_COUNT);
	add(0, 0x0fac, 2, ANY, F_MODRM | F_IB | V | F_COUNT);
	add(0, 0x0fa5, 2, ANY, F_MODRM | V | F_COUNT);
	add(0, 0x0fad, 2, ANY, F_MODRM | V | F_COUNT);
	add(0, 0x0fbc, 2, ANY, F_MODRM | V);
	add(0, 0x0fbd, 2, ANY, F_MODRM | V);
	add(0xf3, 0x0fb8, 2, ANY, F_MODRM | V);
	add(0xf3, 0x0fbc, 2, ANY, F_MODRM | V);
	add(0xf3, 0x0fbd, 2, ANY, F_MODRM | V);
	add(0, 0x69, 1, ANY, F_MODRM | F_IZ | V);
	add(0, 0x6b, 1, ANY, F_MODRM | F_IB | V);
	add(0, 0x0faf, 2, ANY, F_MODRM | V);
	add(0, 0x0fc7, 2, 1, F_MODRM | F_MEM | F_W | F_ALIGN | F_LOCKED);
	for (u32 i = 0; i < 8; i++) {
		add(0, 0x0fc8 + i, 2, ANY, F_W);
		add(0, 0xb0 + i, 1, ANY, F_IB);
		add(0, 0xb8 + i, 1, ANY, F_IV | V);
		add(0, 0x90 + i, 1, ANY, V);
		add(0, 0x50 + i, 1, ANY, F_66);
		add(0, 0x58 + i, 1, ANY, F_66);
	}
	for (u32 cc = 0; cc < 16; cc++) {
		add(0, 0x0f90 + cc, 2, ANY, F_MODRM);
		add(0, 0x0f40 + cc, 2, ANY, F_MODRM | V);
		add(0, 0x70 + cc, 1, ANY, F_IB | F_NOREX);
		add(0, 0x0f80 + cc, 2, ANY, F_REL | F_NOREX);
	}
}

static void forms_rest(void)
{
	static const u8 plain[] = { 0x98, 0x99, 0x9e, 0x9f, 0xf5, 0xf8, 0xf9, 0xfc, 0xfd, 0xd7 };

	for (u32 i = 0; i < ARRAY_SIZE(plain); i++)
		add(0, plain[i], 1, ANY, plain[i] < 0x9a ? V : 0);
	for (u32 i = 0; i < 4; i++)
		add(0, 0xe0 + i, 1, ANY, F_IB | F_NOREX);
	add(0, 0x63, 1, ANY, F_MODRM | F_W);
	add(0, 0x8d, 1, ANY, F_MODRM | F_MEM | V);
	add(0, 0x0fc3, 2, ANY, F_MODRM | F_MEM | F_W);
	add(0, 0x68, 1, ANY, F_IZ | F_66);
	add(0, 0x6a, 1, ANY, F_IB | F_66);
	add(0, 0x8f, 1, 0, F_MODRM | F_66);
	add(0, 0xff, 1, 6, F_MODRM | F_66);
	add(0, 0xff, 1, 2, F_MODRM | F_TARGET);
	add(0, 0xff, 1, 4, F_MODRM | F_TARGET);
	add(0, 0xe8, 1, ANY, F_REL | F_NOREX);
	add(0, 0xe9, 1, ANY, F_REL | F_NOREX);
	add(0, 0xeb, 1, ANY, F_IB | F_NOREX);
	add(0, 0xc3, 1, ANY, F_TARGET);
	add(0, 0xc2, 1, ANY, F_TARGET | F_IW);
	add(0, 0x9c, 1, ANY, F_66);
	add(0, 0x9d, 1, ANY, F_66 | F_POPF);
	add(0, 0xc9, 1, ANY, F_66);
	add(0, 0xc8, 1, ANY, F_IW | F_IB | F_NEG);
	add(0, 0x0f1f, 2, 0, F_MODRM | V);
}

static void forms_vector(void)
{
	static const struct { u8 mandatory; u16 op; u32 flags; } sse[] = {
		{ 0, 0x0f28, F_ALIGN }, { 0, 0x0f29, F_ALIGN }, { 0, 0x0f10, 0 }, { 0, 0x0f11, 0 },
		{ 0x66, 0x0f28, F_ALIGN }, { 0x66, 0x0f29, 0 }, { 0x66, 0x0f10, 0 }, { 0x66, 0x0f11, 0 },
		{ 0x66, 0x0f6f, 0 }, { 0x66, 0x0f7f, F_ALIGN }, { 0xf3, 0x0f6f, 0 }, { 0xf3, 0x0f7f, 0 },
		{ 0, 0x0f2b, F_MEM | F_ALIGN }, { 0x66, 0x0f2b, F_MEM | F_ALIGN }, { 0x66, 0x0fe7, F_MEM | F_ALIGN },
		{ 0x66, 0x0f6e, F_W }, { 0x66, 0x0f7e, F_W }, { 0xf3, 0x0f7e, 0 }, { 0x66, 0x0fd6, 0 },
		{ 0xf3, 0x0f10, 0 }, { 0xf3, 0x0f11, 0 }, { 0xf2, 0x0f10, 0 }, { 0xf2, 0x0f11, 0 }, { 0xf2, 0x0ff0, F_MEM },
	};
	static const struct { u32 op; u32 flags; } avx[] = {
		{ 0xc5fa6f, 0 }, { 0xc5fa7f, 0 }, { 0xc5fe6f, 0 }, { 0xc5fe7f, 0 }, { 0xc5f96f, F_ALIGN }, { 0xc5fd7f, F_ALIGN },
		{ 0xc5f828, F_ALIGN }, { 0xc5fc29, F_ALIGN }, { 0xc5f810, 0 }, { 0xc5fc11, 0 }, { 0xc5f9e7, F_MEM | F_ALIGN },
		{ 0xc5fde7, F_MEM | F_ALIGN }, { 0xc5f96e, 0 }, { 0xc5f97e, 0 }, { 0xc5fa7e, 0 }, { 0xc5f9d6, 0 }, { 0xc57a6f, 0 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(sse); i++)
		add(sse[i].mandatory, sse[i].op, 2, ANY, sse[i].flags | F_MODRM);
	add(0x66, 0x0f382a, 3, ANY, F_MODRM | F_MEM | F_ALIGN);
	for (u32 i = 0; __builtin_cpu_supports("avx") && i < ARRAY_SIZE(avx); i++)
		add(0, avx[i].op, 3, ANY, avx[i].flags | F_MODRM | F_NOREX);
}

/* --- one case --- */
static struct { u8 b[32]; u32 n; u32 modrm_at, disp_at; } insn;
static struct emul_ctx ctx;

static void put(u64 v, u32 n)
{
	for (u32 i = 0; i < n; i++)
		insn.b[insn.n++] = (u8)(v >> 8 * i);
}

static void put_modrm(const struct form *f)
{
	u32 mod = f->flags & F_REG ? 3 : f->flags & F_MEM || below(3) ? below(3) : 3, rm = below(8);
	u32 reg = f->reg >= 0 ? (u32)f->reg : below(8), sib = 0;

	insn.modrm_at = insn.n;
	put(mod << 6 | reg << 3 | rm, 1);
	if (mod == 3)
		return;
	if (rm == 4) {
		sib = below(256);
		put(sib, 1);
	}
	insn.disp_at = insn.n;
	if (mod == 1)
		put(below(256), 1);
	else if (mod == 2 || (mod == 0 && (rm == 5 || (rm == 4 && (sib & 7) == 5))))
		put(rnd(), 4);
}

/* Not into the instruction itself. */
static s32 relative(u32 up, u32 down)
{
	s32 d = (s32)below(up + down) - (s32)down;

	return d < 0 && d > -24 ? 0 : d;
}

static void generate(const struct form *f)
{
	bool op16 = (f->flags & F_66) && !below(4), wide = (f->flags & F_W) && below(2);
	bool lock = (f->flags & F_LOCKED) && !below(4);

	insn.n = insn.modrm_at = insn.disp_at = 0;
	if (lock)
		put(0xf0, 1);
	if (op16)
		put(0x66, 1);
	if (!(f->flags & (F_NOREX | F_REL | F_REP)) && f->b[0] != 0xd7 && !below(10))
		put(0x67, 1);
	if (f->flags & F_REP && below(2))
		put(0xf2 + below(2), 1);
	if (f->mandatory)
		put(f->mandatory, 1);
	if (!(f->flags & F_NOREX) && (wide || below(2)))
		put(0x40 | (wide ? 8 : 0) | below(8), 1);
	for (u32 i = 0; i < f->n; i++)
		put(f->b[i], 1);
	if (f->flags & F_MODRM)
		put_modrm(f);
	if (lock && insn.b[insn.modrm_at] >> 6 == 3)	/* would be #UD: not what is tested here */
		insn.b[0] = 0x3e;
	if (f->flags & F_IW)
		put(below(0x100), 2);
	if ((f->flags & F_IB) && (f->flags & F_NOREX))
		put(relative(0x7f, 0x80), 1);
	else if (f->flags & F_IB)
		put(f->flags & F_NEG ? below(4) : f->flags & F_COUNT ? below(16) : rnd(), 1);
	if (f->flags & F_IZ)
		put(rnd_value(), op16 && !wide ? 2 : 4);
	if (f->flags & F_IV)
		put(rnd_value(), wide ? 8 : op16 ? 2 : 4);
	if (f->flags & F_REL)
		put((u32)relative(0x700, 0x700), 4);
}

static const struct emul_operand *mem_operand(const struct emul_insn *i)
{
	for (u32 n = 0; n < i->nr_ops; n++)
		if (i->o[n].kind == EMUL_OPND_MEM)
			return &i->o[n];
	return NULL;
}

/* Registers such that the operand is at @target. False: this encoding cannot. */
static bool aim(const struct emul_insn *i, u64 target)
{
	const struct emul_operand *o = mem_operand(i);
	u64 index = 0;

	if (!o || o->reg == EMUL_RIP_BASE || (o->index != EMUL_NO_REG && o->index == o->reg))
		return false;
	if (o->index != EMUL_NO_REG) {
		native.gpr[o->index] = below(0x400);
		index = native.gpr[o->index] * o->scale;
	}
	if (o->reg == EMUL_NO_REG) {	/* a displacement of 32 bits: write it */
		s32 d = (s32)(target - index);

		memcpy(insn.b + insn.disp_at, &d, 4);
		return insn.disp_at != 0;
	}
	native.gpr[o->reg] = target - index - o->val;
	if (i->addrsize == 4)
		native.gpr[o->reg] = (u32)native.gpr[o->reg] | rnd() << 32;
	return true;
}

static void random_state(const struct form *f)
{
	for (u32 i = 0; i < 16; i++) {
		native.gpr[i] = rnd_value();
		for (u32 k = 0; k < 32; k += 8) {
			u64 v = rnd();

			memcpy(native.vec[i] + k, &v, 8);
		}
	}
	native.gpr[RSP] = DATA + 0x800 + below(0x1000);
	if (f->b[0] == 0xc9)
		native.gpr[RBP] = DATA + 0x800 + below(0x1000);
	if (f->b[0] == 0xc8)
		native.gpr[RBP] = DATA + 0x800 + below(0x1000);
	native.rflags = FLAGS_FIXED | (rnd() & (FL_ARITH | FL_DF));
	native.rip = CODE_PAGE + CODE_AT;
	for (u32 i = 0; i < DATA_BYTES; i += 8) {
		u64 v = rnd_value();

		memcpy(shadow + i, &v, 8);
	}
}

static void string_state(void)
{
	native.gpr[RSI] = DATA + 0x400 + below(0x1800);
	native.gpr[RDI] = DATA + 0x400 + below(0x1800);
	native.gpr[RCX] = below(8);
	if (below(4) == 0)
		memset(shadow, 0x5a, sizeof(shadow));
}

/* Count of a shift, as the CPU masks it. */
static u32 shift_count(const struct emul_insn *i, u32 operand, const struct cpu *before)
{
	const struct emul_operand *o = &i->o[operand];
	u32 n = o->kind == EMUL_OPND_IMM ? (u32)o->val : (u32)before->gpr[RCX];

	if (i->nr_ops <= operand)
		n = 1;
	return n & (i->o[0].bytes == 8 ? 63 : 31);
}

static bool prepare(const struct form *f, struct emul_insn *i)
{
	u64 target = DATA + below(DATA_BYTES - 64), dest = CODE_PAGE + 0x100 + below(0x600);

	if (f->flags & F_ALIGN)
		target &= ~31ull;
	if (!below(50))
		target = DATA + DATA_BYTES - below(8);	/* over the end: faults */
	random_state(f);
	if (f->flags & F_REP)
		string_state();
	if (emul_decode(NULL, insn.b, insn.n, EMUL_MODE_LONG, i) != EMUL_OK || i->len != insn.n)
		return false;
	if (f->b[0] == 0xd7)
		native.gpr[RBX] = target;
	if ((f->flags & F_COUNT) && !(f->flags & F_IB))
		native.gpr[RCX] = (native.gpr[RCX] & ~0xffull) | below(16);
	if (mem_operand(i) && (f->flags & F_MODRM)) {
		if ((f->flags & F_BITOFF) && i->o[1].kind == EMUL_OPND_GPR)
			native.gpr[i->o[1].reg] = 0;
		if (!aim(i, target))
			return false;
		if (f->flags & F_BITOFF) {
			const struct emul_operand *o = mem_operand(i);

			if (i->o[1].reg == o->reg || i->o[1].reg == o->index)
				return false;
			native.gpr[i->o[1].reg] = (u64)((s64)below(0x800) - 0x400);
		}
		if (native.gpr[RSP] < DATA || native.gpr[RSP] > DATA + DATA_BYTES)
			return false;
		if (f->flags & F_TARGET && in_data(target, 8))
			memcpy(shadow + (target - DATA), &dest, 8);
	} else if (f->flags & F_TARGET) {
		if (f->flags & F_MODRM) {
			if (i->o[0].reg == RSP)
				return false;
			native.gpr[i->o[0].reg] = dest;
		} else {
			memcpy(shadow + (native.gpr[RSP] - DATA), &dest, 8);
		}
	}
	if (f->flags & F_POPF) {
		u64 v = rnd() & ~(FL_TF | FL_AC | FL_ID);	/* they would outlive the case */

		memcpy(shadow + (native.gpr[RSP] - DATA), &v, 8);
	}
	if ((f->flags & F_COUNT) && shift_count(i, 2, &native) > i->o[0].bytes * 8u)
		return false;		/* the result is undefined */
	/* A division that mostly works. */
	if ((i->op == OP_DIV || i->op == OP_IDIV) && below(4))
		native.gpr[RDX] = i->op == OP_DIV || !(native.gpr[RAX] >> 63) ? below(2) : ~0ull;
	return emul_decode(NULL, insn.b, insn.n, EMUL_MODE_LONG, i) == EMUL_OK;
}

/* Flags that the manuals leave undefined. */
static u64 undefined_flags(const struct emul_insn *i, const struct cpu *before)
{
	u32 n;

	switch (i->op) {
	case OP_AND: case OP_OR: case OP_XOR: case OP_TEST:
		return FL_AF;
	case OP_SHL: case OP_SHR: case OP_SAR:
		n = shift_count(i, 1, before);
		return n ? FL_AF | (n > 1 ? FL_OF : 0) | (n >= i->o[0].bytes * 8u ? FL_CF : 0) : 0;
	case OP_ROL: case OP_ROR: case OP_RCL: case OP_RCR:
		return shift_count(i, 1, before) == 1 ? 0 : FL_OF;
	case OP_SHLD: case OP_SHRD:
		n = shift_count(i, 2, before);
		return n ? FL_AF | (n > 1 ? FL_OF : 0) : 0;
	case OP_MUL: case OP_IMUL:
		return FL_SF | FL_ZF | FL_AF | FL_PF;
	case OP_DIV: case OP_IDIV:
		return FL_ARITH;
	case OP_BSF: case OP_BSR:
		return FL_ARITH & ~FL_ZF;
	case OP_BT: case OP_BTS: case OP_BTR: case OP_BTC:
		return FL_OF | FL_SF | FL_AF | FL_PF;
	case OP_TZCNT: case OP_LZCNT:
		return FL_OF | FL_SF | FL_AF | FL_PF;
	default:
		return 0;
	}
}

static int signal_of(int res)
{
	if (res == EMUL_OK)
		return 0;
	if (res != EMUL_FAULT)
		return -res;
	switch (ctx.fault.vector) {
	case V_DE: return SIGFPE;
	case V_UD: return SIGILL;
	default: return SIGSEGV;
	}
}

static void run_ours(void)
{
	static struct emul_cache cache;
	int res;

	ctx.ops = &native_ops;
	ctx.cache = &cache;
	ctx.s = (struct emul_state){ .rip = native.rip, .rflags = native.rflags, .cr0 = 0x80010033,
				     .cr4 = EMUL_CR4_OSFXSR | EMUL_CR4_OSXSAVE | 0x20, .efer = 0xd01, .cpl = 3 };
	for (u32 i = 0; i < EMUL_NR_SEGS; i++)
		ctx.s.seg[i] = (struct emul_seg){ .limit = ~0u, .attr = i == EMUL_CS ? 0xafb : 0xcf3 };
	memcpy(ctx.s.gpr, native.gpr, sizeof(ctx.s.gpr));
	memcpy(ours.vec, native.vec, sizeof(ours.vec));
	res = emul_begin(&ctx, insn.b, insn.n);
	if (res == EMUL_OK)
		res = emul_exec(&ctx);
	ours.sig = signal_of(res);
	memcpy(ours.gpr, ctx.s.gpr, sizeof(ours.gpr));
	ours.rip = ctx.s.rip;
	ours.rflags = ctx.s.rflags;
}

static void run_native(void)
{
	memcpy((void *)(CODE_PAGE + CODE_AT), insn.b, insn.n);
	__builtin___clear_cache((char *)CODE_PAGE, (char *)CODE_PAGE + PAGE_SIZE);
	raise(SIGUSR1);
	memset((void *)(CODE_PAGE + CODE_AT), 0xcc, insn.n);
}

static void explain(const struct cpu *before)
{
	printf("bytes");
	for (u32 i = 0; i < insn.n; i++)
		printf(" %02x", insn.b[i]);
	printf("\nsignal %d, ours %d; rip %lx, ours %lx; flags %lx -> %lx, ours %lx\n", native.sig, ours.sig,
	       native.rip, ours.rip, before->rflags, native.rflags, ours.rflags);
	for (u32 i = 0; i < 16; i++)
		if (native.gpr[i] != ours.gpr[i] || native.gpr[i] != before->gpr[i])
			printf("r%u: %lx -> %lx, ours %lx\n", i, before->gpr[i], native.gpr[i], ours.gpr[i]);
	for (u32 i = 0; i < DATA_BYTES; i++)
		if (((u8 *)DATA)[i] != shadow[i])
			printf("[%x]: %02x, ours %02x\n", i, ((u8 *)DATA)[i], shadow[i]);
	for (u32 i = 0; i < 16; i++)
		if (memcmp(native.vec[i], ours.vec[i], 32))
			printf("vector %u differs\n", i);
}

static bool same(const struct emul_insn *i, const struct cpu *before)
{
	u64 flags = FL_ARITH | FL_DF;

	if (native.sig != ours.sig)
		return false;
	if (!native.sig)
		flags &= ~undefined_flags(i, before);
	if (native.rip != ours.rip || ((native.rflags ^ ours.rflags) & flags))
		return false;
	if (memcmp(native.gpr, ours.gpr, sizeof(ours.gpr)) || memcmp((void *)DATA, shadow, DATA_BYTES))
		return false;
	for (u32 n = 0; n < 16; n++)
		if (memcmp(native.vec[n], ours.vec[n], have_ymm ? 32 : 16))
			return false;
	return true;
}

/* True: compared. */
static bool one_case(const struct form *f)
{
	struct emul_insn i;
	struct cpu before;

	generate(f);
	if (!prepare(f, &i))
		return false;
	before = native;
	memcpy((void *)DATA, shadow, DATA_BYTES);
	hits_process = false;
	run_ours();
	if (hits_process)
		return false;
	if ((u64)((s64)(ours.gpr[RSP] << 16) >> 16) != ours.gpr[RSP])
		return false;		/* where a signal may not find its way out */
	run_native();
	if (!same(&i, &before)) {
		explain(&before);
		fail();
	}
	return true;
}

static void equal_to_this_cpu(void **state)
{
	const char *e = getenv("SEED"), *n = getenv("CASES");
	u64 start = e ? strtoull(e, NULL, 0) : 20260101;
	u32 want = n ? (u32)strtoul(n, NULL, 0) : 110000, done = 0, tries = 0;
	u32 of_form[ARRAY_SIZE(forms)] = { 0 };

	(void)state;
	seed = start;
	native_setup();
	forms_alu();
	forms_bits();
	forms_rest();
	forms_vector();
	printf("seed %lu, %u forms\n", start, nr_forms);
	while (done < want && tries < want * 4) {
		u32 k = tries++ % nr_forms;

		if (one_case(&forms[k])) {
			of_form[k]++;
			done++;
		}
	}
	printf("%u cases equal\n", done);
	assert_int_equal(done, want);
	for (u32 k = 0; k < nr_forms; k++)
		if (!of_form[k] && want >= nr_forms * 100) {
			printf("form %02x %02x /%d was never compared\n", forms[k].b[0], forms[k].b[1], forms[k].reg);
			fail();
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(equal_to_this_cpu) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

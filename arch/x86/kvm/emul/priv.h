/* SPDX-License-Identifier: Apache-2.0 */
/*
 * priv.h - what the files of the executor share
 */
#ifndef X86_KVM_EMUL_PRIV_H
#define X86_KVM_EMUL_PRIV_H

#include "emul.h"
#include "optable.h"

#define FL_CF	0x1ull
#define FL_PF	0x4ull
#define FL_AF	0x10ull
#define FL_ZF	0x40ull
#define FL_SF	0x80ull
#define FL_TF	0x100ull
#define FL_IF	0x200ull
#define FL_DF	0x400ull
#define FL_OF	0x800ull
#define FL_IOPL	0x3000ull
#define FL_NT	0x4000ull
#define FL_RF	0x10000ull
#define FL_VM	0x20000ull
#define FL_AC	0x40000ull
#define FL_VIF	0x80000ull
#define FL_VIP	0x100000ull
#define FL_ID	0x200000ull
#define FL_ARITH (FL_CF | FL_PF | FL_AF | FL_ZF | FL_SF | FL_OF)

enum { V_DE = 0, V_DB = 1, V_BP = 3, V_OF = 4, V_UD = 6, V_NM = 7, V_TS = 10, V_NP = 11,
       V_SS = 12, V_GP = 13, V_PF = 14, V_AC = 17 };
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };

#define EMUL_CR0_PE 1ull
#define EMUL_CR0_MP 2ull
#define EMUL_CR0_EM 4ull
#define EMUL_CR0_TS 8ull
#define EMUL_CR0_PG (1ull << 31)
#define EMUL_CR4_TSD (1ull << 2)
#define EMUL_CR4_OSFXSR (1ull << 9)
#define EMUL_CR4_UMIP (1ull << 11)
#define EMUL_CR4_OSXSAVE (1ull << 18)

/* Leaves the enclosing function with the result that is not EMUL_OK. */
#define TRY(expr) do { int try_err_ = (expr); if (try_err_ != EMUL_OK) return try_err_; } while (0)

/* Memory differed: a few times at once, then the guest is entered and comes back. Another vCPU must not keep us here. */
#define EMUL_TRIES 16

static inline bool try_again(struct emul_ctx *c, int res)
{
	return res == EMUL_RETRY && ++c->tries < EMUL_TRIES;
}

static inline u64 mask_of(u32 bytes)
{
	return bytes >= 8 ? ~0ull : (1ull << (bytes * 8)) - 1;
}

static inline u64 sign_of(u32 bytes)
{
	return 1ull << (bytes * 8 - 1);
}

static inline u64 sext(u64 v, u32 bytes)
{
	u64 s = sign_of(bytes);

	return ((v & mask_of(bytes)) ^ s) - s;
}

static inline bool is_protected(const struct emul_ctx *c)
{
	return c->mode >= EMUL_MODE_PROT16;
}

/* mem.c */
int mem_linear(struct emul_ctx *c, u32 seg, u64 off, u32 len, bool write, u64 *linear);
int mem_read(struct emul_ctx *c, u64 linear, void *buf, u32 len, u32 flags);
int mem_write(struct emul_ctx *c, u64 linear, const void *buf, u32 len, u32 flags);
int seg_read(struct emul_ctx *c, u32 seg, u64 off, void *buf, u32 len, u32 flags);
int seg_write(struct emul_ctx *c, u32 seg, u64 off, const void *buf, u32 len, u32 flags);
int mem_cmpxchg(struct emul_ctx *c, u64 linear, void *old, const void *new_val, u32 len);
int flush_posted(struct emul_ctx *c);
int pio_check(struct emul_ctx *c, u16 port, u32 size);
int pio_do_in(struct emul_ctx *c, u16 port, u32 size, void *buf);
int pio_do_out(struct emul_ctx *c, u16 port, u32 size, u32 count, const void *buf);
bool is_canonical(const struct emul_ctx *c, u64 linear);

/* operand.c */
u64 reg_get(const struct emul_ctx *c, u32 reg, u32 bytes);
void reg_set(struct emul_ctx *c, u32 reg, u32 bytes, u64 val);
u64 mem_offset(const struct emul_ctx *c, const struct emul_operand *o);
int op_get(struct emul_ctx *c, const struct emul_operand *o, u64 *val);
int op_get_rmw(struct emul_ctx *c, const struct emul_operand *o, u64 *val);
int op_set(struct emul_ctx *c, const struct emul_operand *o, u64 val);
/* Destination of a read-modify-write: a locked cmpxchg when the instruction is locked.
 * EMUL_RETRY: memory changed since @old was read, compute again. */
int op_update(struct emul_ctx *c, const struct emul_operand *o, u64 old, u64 val);
int jump_to(struct emul_ctx *c, u64 target, u32 opsize);
u32 stack_bytes(const struct emul_ctx *c);
int push(struct emul_ctx *c, u64 val, u32 bytes);
int pop(struct emul_ctx *c, u64 *val, u32 bytes);

/* Would a push of @bytes fault? */
int stack_probe(struct emul_ctx *c, u32 bytes);

/* segment.c */
int load_segment(struct emul_ctx *c, u32 seg, u16 sel);
/* What a far transfer to @sel puts into CS; EMUL_UNHANDLED: not a code segment. */
int code_segment(struct emul_ctx *c, u16 sel, struct emul_seg *out);

/* system.c, sse.c */
int mov_system(struct emul_ctx *c);
int exec_vmov_low(struct emul_ctx *c);

/* alu.c: pure; flags in and out are RFLAGS values, only arithmetic bits change */
u64 alu_binary(u32 op, u64 a, u64 b, u32 bytes, u64 *flags);
u64 alu_unary(u32 op, u64 a, u32 bytes, u64 *flags);
u64 alu_shift(u32 op, u64 a, u32 count, u32 bytes, u64 *flags);
u64 alu_shiftd(bool left, u64 a, u64 b, u32 count, u32 bytes, u64 *flags);
bool cond_true(u32 cc, u64 flags);

#define EMUL_OP_DECL(m, fn) int exec_##fn(struct emul_ctx *c);
EMUL_OPS(EMUL_OP_DECL)
#undef EMUL_OP_DECL

#endif

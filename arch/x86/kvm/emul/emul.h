/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emul.h - instruction decoder and executor: bytes and state in, effects out
 *
 * Pure C without kernel dependencies. The caller fills struct emul_ctx.s and
 * calls emul_begin() with the fetched bytes, then emul_exec(). Whatever
 * emul_exec() returns, ctx.s is architecturally consistent: copy it back.
 *
 * Accesses that the VMM must answer (EMUL_EXIT from a callback) work by replay:
 * emul_exec() returns EMUL_EXIT with ctx.pending filled; after the VMM answered
 * the caller calls emul_complete() with the data and emul_exec() again. The
 * instruction runs again from its start (a REP string: from its current
 * element) and device accesses that are already done are served from a log, so
 * no device sees one twice. RAM accesses before the exit are repeated.
 * The first write of an instruction that must go to the VMM is posted: the
 * instruction goes on, and if no other device access follows, emul_exec() ends
 * with ctx.posted set (whatever it returns, a fault included): show ctx.pending
 * to the VMM and enter the guest afterwards; there is nothing to complete.
 */
#ifndef X86_KVM_EMUL_H
#define X86_KVM_EMUL_H

#include <socle/types.h>

enum emul_result {
	EMUL_OK,	/* done */
	EMUL_FAULT,	/* ctx.fault goes to the guest; RIP is the instruction's */
	EMUL_EXIT,	/* ctx.pending goes to the VMM */
	EMUL_UNHANDLED,	/* no such form here: KVM_INTERNAL_ERROR_EMULATION */
	EMUL_DEVICE,	/* callbacks only: done by a device, must not be repeated */
	EMUL_RETRY,	/* cmpxchg callback: memory differed, @old was updated. emul_exec(): state as before, enter the guest again */
};

enum emul_mode {
	EMUL_MODE_REAL, EMUL_MODE_VM86, EMUL_MODE_PROT16, EMUL_MODE_PROT32, EMUL_MODE_LONG,
};

enum { EMUL_ES, EMUL_CS, EMUL_SS, EMUL_DS, EMUL_FS, EMUL_GS, EMUL_NR_SEGS };

/* attr: the VMCB's format: 0-3 type, 4 S, 5-6 DPL, 7 P, 8 AVL, 9 L, 10 D/B, 11 G */
#define EMUL_ATTR_S		0x10u
#define EMUL_ATTR_DPL(a)	(((a) >> 5) & 3u)
#define EMUL_ATTR_P		0x80u
#define EMUL_ATTR_L		0x200u
#define EMUL_ATTR_DB		0x400u
#define EMUL_ATTR_G		0x800u

struct emul_seg {
	u64 base;
	u32 limit;		/* bytes, expanded by G */
	u16 sel, attr;
};

struct emul_state {
	u64 gpr[16];		/* index: encoding in an instruction */
	u64 rip, rflags;
	struct emul_seg seg[EMUL_NR_SEGS];
	u64 cr0, cr4, efer;
	u8 cpl;
	bool la57;		/* CR4.LA57: 57-bit canonical addresses */
};

enum emul_opkind { EMUL_OPND_NONE, EMUL_OPND_GPR, EMUL_OPND_HIGH8, EMUL_OPND_MEM,
		   EMUL_OPND_IMM, EMUL_OPND_SEG, EMUL_OPND_CR, EMUL_OPND_DR,
		   EMUL_OPND_XMM, EMUL_OPND_FAR };

struct emul_operand {
	u8 kind;		/* enum emul_opkind */
	u8 bytes;		/* size of the access */
	u8 reg;			/* register number; MEM: base, EMUL_NO_REG, EMUL_RIP_BASE */
	u8 index, scale;
	u8 seg;			/* MEM: segment after overrides; FAR: unused */
	u16 far_sel;
	u64 val;		/* IMM: sign-extended as the instruction says; MEM: displacement; FAR: offset */
};
#define EMUL_NO_REG	0xff
#define EMUL_RIP_BASE	0xfe

/* Decoded form: depends on nothing but bytes and mode. */
struct emul_insn {
	u8 op;			/* row of the instruction table, 0: not supported */
	u8 len;
	u8 opsize, addrsize;	/* bytes */
	u8 cc;			/* condition, low four bits of the opcode */
	u8 nr_ops;
	u8 opcode;
	u8 modrm_reg;		/* field of the ModRM byte, without REX.R */
	bool lock, rep, repne, vex;
	struct emul_operand o[3];
};

#define EMUL_CACHE_ENTRIES 128
struct emul_cache {
	u64 hits, misses;
	struct emul_cache_entry {
		u8 bytes[15];
		u8 mode;	/* enum emul_mode + 1; 0: empty */
		struct emul_insn insn;
	} e[EMUL_CACHE_ENTRIES];
};

/* Access flags. One call never crosses a page and is at most 8 bytes long. */
#define EMUL_ACC_RMW	1u	/* read that a write follows: fault as a write */
#define EMUL_ACC_SYSTEM	2u	/* descriptor tables: supervisor whatever the CPL */
#define EMUL_ACC_PROBE	4u	/* translate and check only; no device, no data */
#define EMUL_ACC_RAM	8u	/* EMUL_UNHANDLED without any effect where there is no RAM; a read may
				 * then be as long as the rest of the page */

enum emul_access { EMUL_MEM_READ, EMUL_MEM_WRITE, EMUL_PIO_IN, EMUL_PIO_OUT };

struct emul_pending {
	enum emul_access kind;
	u64 addr;		/* linear address or port */
	u32 size, count;	/* count: elements of a string PIO, else 1 */
};

struct emul_ctx;
/*
 * Callbacks return an enum emul_result. For a guest fault they return
 * emul_fault() or emul_page_fault(). A callback that is NULL: EMUL_UNHANDLED.
 */
struct emul_ops {
	int (*read)(struct emul_ctx *c, u64 linear, void *buf, u32 len, u32 flags);
	int (*write)(struct emul_ctx *c, u64 linear, const void *buf, u32 len, u32 flags);
	/* Locked compare-exchange. EMUL_RETRY: differed. EMUL_UNHANDLED: not RAM, a write() follows.
	 * 16 bytes: CMPXCHG16B, aligned. */
	int (*cmpxchg)(struct emul_ctx *c, u64 linear, void *old, const void *new_val, u32 len);
	/* @count elements of @size bytes; at most EMUL_IO_BYTES. */
	int (*pio_in)(struct emul_ctx *c, u16 port, u32 size, u32 count, void *buf);
	int (*pio_out)(struct emul_ctx *c, u16 port, u32 size, u32 count, const void *buf);
	/* CPL > IOPL or VM86: the TSS bitmap decides. EMUL_OK or a #GP(0). */
	int (*io_allowed)(struct emul_ctx *c, u16 port, u32 size);
	int (*get_cr)(struct emul_ctx *c, u32 nr, u64 *val);
	int (*set_cr)(struct emul_ctx *c, u32 nr, u64 val);	/* also updates c->s.cr0, cr4, efer */
	int (*get_dr)(struct emul_ctx *c, u32 nr, u64 *val);
	int (*set_dr)(struct emul_ctx *c, u32 nr, u64 val);
	int (*get_msr)(struct emul_ctx *c, u32 msr, u64 *val);
	int (*set_msr)(struct emul_ctx *c, u32 msr, u64 val);
	int (*get_dt)(struct emul_ctx *c, bool idt, u64 *base, u16 *limit);
	int (*set_dt)(struct emul_ctx *c, bool idt, u64 base, u16 limit);
	int (*get_ldt)(struct emul_ctx *c, struct emul_seg *ldt);
	/* 32 bytes: XMM and the upper half of YMM, zeros where there is none. */
	int (*get_vec)(struct emul_ctx *c, u32 nr, void *val32);
	int (*set_vec)(struct emul_ctx *c, u32 nr, const void *val32);
	/* May the guest use SSE (@avx: AVX) by its XCR0? EMUL_OK or a #UD. NULL: yes. */
	int (*vec_usable)(struct emul_ctx *c, bool avx);
	int (*invlpg)(struct emul_ctx *c, u64 linear);
	int (*halt)(struct emul_ctx *c);
	int (*cpuid)(struct emul_ctx *c, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx);
	int (*read_tsc)(struct emul_ctx *c, u64 *tsc);
	int (*wbinvd)(struct emul_ctx *c);
};

#define EMUL_IO_BYTES	1024
#define EMUL_LOG	24
#define EMUL_SHADOW_MOV_SS 1u	/* values of KVM_X86_SHADOW_INT_* */
#define EMUL_SHADOW_STI	2u

struct emul_ctx {
	const struct emul_ops *ops;
	void *owner;			/* the caller's; not touched */
	struct emul_cache *cache;	/* may be NULL */
	struct emul_state s;
	enum emul_mode mode;		/* set by emul_begin() */
	struct emul_insn insn;
	/* results */
	struct { u8 vector; bool has_error; u32 error; u64 cr2; } fault;
	struct emul_pending pending;
	u32 shadow;			/* interrupt shadow that the instruction leaves */
	u32 seg_dirty;			/* bit per segment that was loaded */
	/* private: replay */
	struct emul_logged { struct emul_pending p; u8 data[8]; } log[EMUL_LOG];
	u32 log_len, log_pos;
	u32 tries;			/* of a locked access whose memory differed */
	bool posted;			/* result: pending is a write that has to reach the VMM */
	bool pending_logged;
	u32 io_pos, io_end;		/* read-ahead of INS in io[] */
	u32 rep_done;			/* elements since emul_begin() */
	u32 elements;			/* that the last step of a REP string did */
	u8 io[EMUL_IO_BYTES];
	struct emul_state saved;
};

enum emul_mode emul_mode_of(const struct emul_state *s);

/* 0 and @insn (op 0: decodes, but we do not execute it), EMUL_UNHANDLED: not an instruction
 * (the guest gets #UD), EMUL_RETRY: @len bytes are too few. @cache may be NULL. */
int emul_decode(struct emul_cache *cache, const u8 *bytes, u32 len, enum emul_mode mode,
		struct emul_insn *insn);
/* New instruction from @bytes at c->s.rip; clears the log. Results of emul_decode(), and
 * EMUL_FAULT (#UD; more than 15 bytes: #GP). */
int emul_begin(struct emul_ctx *c, const u8 *bytes, u32 len);
/* A REP string leaves after some elements with EMUL_OK, RIP unchanged: enter the guest again. */
int emul_exec(struct emul_ctx *c);
/* The VMM has done c->pending; @data: what a read returned (size * count bytes). */
void emul_complete(struct emul_ctx *c, const void *data);
bool emul_supported(const struct emul_insn *insn);

int emul_fault(struct emul_ctx *c, u8 vector, u32 error);	/* error only where the vector has one */
int emul_page_fault(struct emul_ctx *c, u64 linear, u32 error);

/* emul_fast.c: intercepted instructions of fixed form, matched from their bytes */
enum emul_fast_op {
	FAST_NONE, FAST_CPUID, FAST_RDMSR, FAST_WRMSR, FAST_HLT, FAST_VMMCALL, FAST_VMCALL,
	FAST_RDTSC, FAST_RDTSCP, FAST_RDPMC, FAST_MOV_TO_CR, FAST_MOV_FROM_CR, FAST_MOV_TO_DR,
	FAST_MOV_FROM_DR, FAST_CLTS, FAST_INVD, FAST_WBINVD, FAST_XSETBV, FAST_PAUSE, FAST_MONITOR,
	FAST_MWAIT, FAST_VMRUN, FAST_VMLOAD, FAST_VMSAVE, FAST_STGI, FAST_CLGI, FAST_SKINIT,
	FAST_INVLPGA, FAST_RSM, FAST_IN, FAST_OUT, FAST_INT3, FAST_ICEBP, FAST_INVLPG, FAST_NR
};
struct emul_fast {
	u8 op;			/* enum emul_fast_op */
	u8 len;			/* prefixes included */
	u8 reg;			/* CR or DR number */
	u8 gpr;			/* general register of a CR/DR move */
	u8 opsize;		/* IN/OUT: 1, 2, 4 */
	bool port_in_dx;
	u8 port;
	bool rep;
};
/* True and *f when @bytes begin with an instruction of the table. @long_mode: REX prefixes exist. */
bool emul_fast_match(const u8 *bytes, u32 len, bool long_mode, bool default16, struct emul_fast *f);
const char *emul_fast_name(u8 op);

#endif

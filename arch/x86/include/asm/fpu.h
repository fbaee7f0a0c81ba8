/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fpu.h - who owns the FPU registers of a CPU
 *
 * The kernel never uses them. They hold the state of one struct fpu_ctx, an
 * app thread's or a guest's. CR0.TS is clear exactly while the owner is the
 * current app thread's context, so that an app's first use after a guest ran
 * raises #NM, which saves the guest's state and loads the app's.
 *
 * Invariant: a context is live on one CPU at most. A thread switch writes the
 * live state back. A guest's stays live after KVM_RUN while the thread goes on,
 * so another thread that enters, reads or frees the vCPU meanwhile fetches it
 * from that CPU first.
 */
#ifndef ASM_FPU_H
#define ASM_FPU_H

#include <socle/types.h>

struct fpu_ctx {
	void *area;		/* XSAVE image (standard format), 64-byte aligned, fpu_area_bytes() long */
	u32 cpu;		/* where it is, or was last, live */
	bool live;
};

u32 fpu_area_bytes(void);	/* for fpu_host_xcr0() */
u64 fpu_host_xcr0(void);	/* every feature that the CPU has and we save; 0 without XSAVE (FXSAVE is used) */
u32 fpu_mxcsr_mask(void);	/* bits that MXCSR may have */
/* Allocates a context in the initial state (FCW 0x37f, MXCSR 0x1f80). 0 or -ENOMEM. */
int fpu_ctx_init(struct fpu_ctx *c);
void fpu_ctx_free(struct fpu_ctx *c);

/* Interrupts off. Loads a guest's context unless it is live on this CPU already. XCR0 is the host's. */
void fpu_load_guest(struct fpu_ctx *c);
/* Writes @c back to memory if it is live anywhere, so that c->area may be read or changed. Interrupts on. */
void fpu_flush(struct fpu_ctx *c);
/* The same if it is live on another CPU. Before a guest is entered; interrupts on. */
void fpu_fetch(struct fpu_ctx *c);

/* arch/x86 only: #NM in app code; switching threads; per-CPU set-up. */
bool fpu_app_fault(void);
void fpu_switch_out(void);
void fpu_init_cpu(void);

#endif

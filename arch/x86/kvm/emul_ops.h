/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emul_ops.h - callbacks of struct emul_ops that emul_ops.c implements
 */
#ifndef X86_KVM_EMUL_OPS_H
#define X86_KVM_EMUL_OPS_H

#include "emul/emul.h"

int emul_io_allowed(struct emul_ctx *c, u16 port, u32 size);
int emul_get_cr(struct emul_ctx *c, u32 nr, u64 *val);
int emul_set_cr(struct emul_ctx *c, u32 nr, u64 val);
int emul_get_dr(struct emul_ctx *c, u32 nr, u64 *val);
int emul_set_dr(struct emul_ctx *c, u32 nr, u64 val);
int emul_get_msr(struct emul_ctx *c, u32 msr, u64 *val);
int emul_set_msr(struct emul_ctx *c, u32 msr, u64 val);
int emul_get_dt(struct emul_ctx *c, bool idt, u64 *base, u16 *limit);
int emul_set_dt(struct emul_ctx *c, bool idt, u64 base, u16 limit);
int emul_get_ldt(struct emul_ctx *c, struct emul_seg *ldt);
int emul_get_vec(struct emul_ctx *c, u32 nr, void *val32);
int emul_set_vec(struct emul_ctx *c, u32 nr, const void *val32);
int emul_vec_usable(struct emul_ctx *c, bool avx);
int emul_invlpg(struct emul_ctx *c, u64 linear);
int emul_cpuid(struct emul_ctx *c, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx);
int emul_read_tsc(struct emul_ctx *c, u64 *tsc);

#endif

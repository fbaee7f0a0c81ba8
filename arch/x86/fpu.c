/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fpu.c - owner of the FPU registers, loaded lazily
 *
 * Sizes and feature bits: Intel SDM vol. 1, chapter 13 (XSAVE, standard format).
 */
#include <errno.h>
#include <string.h>
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/mem.h>
#include <socle/sched.h>
#include <asm/cpu.h>
#include <asm/fpu.h>
#include <asm/io.h>

#define CR0_MP		BIT(1)
#define CR0_EM		BIT(2)
#define CR0_TS		BIT(3)
#define CR0_NE		BIT(5)
#define CR4_OSFXSR	BIT(9)
#define CR4_OSXMMEXCPT	BIT(10)
#define CR4_OSXSAVE	BIT(18)
#define FXSAVE_BYTES	512u

static u64 xcr0;
static u32 mxcsr_mask = 0xffbf;
static u32 area_bytes = FXSAVE_BYTES;

static void stts(void) { write_cr0(read_cr0() | CR0_TS); }
static void clts(void) { __asm__ volatile("clts"); }

u32 fpu_area_bytes(void)
{
	return area_bytes;
}

u64 fpu_host_xcr0(void)
{
	return xcr0;
}

u32 fpu_mxcsr_mask(void)
{
	return mxcsr_mask;
}

/* Old CPUs write 0 there, for 0xffbf. */
static void read_mxcsr_mask(void)
{
	u8 area[FXSAVE_BYTES] __aligned(16);
	u32 mask;

	__asm__ volatile("fxsave64 (%0)" :: "r"(area) : "memory");
	memcpy(&mask, area + 28, sizeof(mask));
	if (mask)
		mxcsr_mask = mask;
}

static void save(struct fpu_ctx *c)
{
	if (xcr0)
		__asm__ volatile("xsave64 (%0)" :: "r"(c->area), "a"((u32)xcr0), "d"((u32)(xcr0 >> 32)) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" :: "r"(c->area) : "memory");
}

static void load(const struct fpu_ctx *c)
{
	if (xcr0)
		__asm__ volatile("xrstor64 (%0)" :: "r"(c->area), "a"((u32)xcr0), "d"((u32)(xcr0 >> 32)) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" :: "r"(c->area) : "memory");
}

int fpu_ctx_init(struct fpu_ctx *c)
{
	u16 fcw = 0x37f;
	u32 mxcsr = 0x1f80;

	c->area = kmalloc(ALIGN_UP(area_bytes, PAGE_SIZE));	/* a whole page: aligned to 64 */
	if (!c->area)
		return -ENOMEM;
	memcpy(c->area, &fcw, sizeof(fcw));
	memcpy((u8 *)c->area + 24, &mxcsr, sizeof(mxcsr));
	return 0;
}

static void write_back(struct cpu_area *a)
{
	struct fpu_ctx *c = a->fpu_owner;

	if (!c)
		return;
	clts();
	save(c);
	a->fpu_owner = NULL;
	__atomic_store_n(&c->live, false, __ATOMIC_RELEASE);	/* pairs with fpu_fetch() */
	stts();
}

static void own(struct cpu_area *a, struct fpu_ctx *c)
{
	write_back(a);
	clts();
	load(c);
	c->cpu = arch_cpu_id();
	c->live = true;
	a->fpu_owner = c;
}

static void flush_here(void *ctx)
{
	struct cpu_area *a = arch_cpu_area();

	if (a->fpu_owner == ctx)
		write_back(a);
}

/* A switch there may have been faster: then there is nothing to do. */
void fpu_fetch(struct fpu_ctx *c)
{
	if (likely(!__atomic_load_n(&c->live, __ATOMIC_ACQUIRE)))
		return;
	preempt_disable();
	if (c->cpu != arch_cpu_id())
		cpu_call(c->cpu, flush_here, c);
	preempt_enable();
}

void fpu_flush(struct fpu_ctx *c)
{
	unsigned long irq;

	fpu_fetch(c);
	irq = arch_irq_save();
	flush_here(c);
	arch_irq_restore(irq);
}

/* Written back rather than forgotten: no register is left that belongs to nobody. */
void fpu_ctx_free(struct fpu_ctx *c)
{
	if (!c->area)
		return;
	fpu_flush(c);
	kfree(c->area);
	c->area = NULL;
}

void fpu_load_guest(struct fpu_ctx *c)
{
	struct cpu_area *a = arch_cpu_area();

	if (a->fpu_owner == c)
		return;
	own(a, c);
	stts();
}

void fpu_switch_out(void)
{
	write_back(arch_cpu_area());
}

/* #NM: true when it was ours to solve. Interrupts off. */
bool fpu_app_fault(void)
{
	struct cpu_area *a = arch_cpu_area();
	struct thread *t = a->current;

	if (!t || !t->arch.is_app)
		return false;
	if (!t->arch.app_fpu.area && fpu_ctx_init(&t->arch.app_fpu))
		return false;
	own(a, &t->arch.app_fpu);
	return true;
}

void fpu_init_cpu(void)
{
	struct cpuid_regs r = cpuid(1, 0);
	bool has_xsave = r.ecx & BIT(26);

	write_cr0((read_cr0() & ~CR0_EM) | CR0_MP | CR0_NE);
	write_cr4(read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT | (has_xsave ? CR4_OSXSAVE : 0));
	if (has_xsave) {
		r = cpuid(0xd, 0);
		xcr0 = ((u64)r.edx << 32 | r.eax) & 0x2e7;	/* x87 SSE AVX AVX-512 PKRU: not MPX, not AMX */
		__asm__ volatile("xsetbv" :: "c"(0), "a"((u32)xcr0), "d"((u32)(xcr0 >> 32)));
		area_bytes = cpuid(0xd, 0).ebx;
	}
	clts();
	read_mxcsr_mask();
	stts();
}

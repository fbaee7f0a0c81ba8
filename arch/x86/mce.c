/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mce.c - machine checks of the host
 *
 * The handler has its own stack and takes no lock. A corrected error is counted
 * and told later; an uncorrected one ends in a crash message that names the
 * bank, the address and whose memory it is.
 */
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <socle/sched.h>
#include <socle/time.h>
#include <asm/io.h>
#include <asm/msr.h>
#include "mce.h"
#include "priv.h"

#define MSR_MCG_CAP	0x179
#define MSR_MCG_STATUS	0x17a
#define MSR_MCG_CTL	0x17b
#define MSR_MCI(bank)	(0x400u + 4 * (bank))	/* control, status, address, misc */
#define CR4_MCE		BIT(6)
#define CAP_BANKS	0xffu
#define CAP_HAS_CTL	BIT(8)
#define MAX_BANKS	32u
#define POLL_NS		10000000000ull

static u32 nr_banks, nr_corrected, nr_told;
static u64 last_corrected;
static struct timer timers[MAX_CPUS];

void mce_init_cpu(void)
{
	struct cpuid_regs r = cpuid(1, 0);
	u64 cap;

	if (!(r.edx & BIT(7)) || !(r.edx & BIT(14)))	/* MCE, MCA */
		return;
	cap = rdmsr(MSR_MCG_CAP);
	nr_banks = MIN((u32)(cap & CAP_BANKS), MAX_BANKS);
	if (cap & CAP_HAS_CTL)
		wrmsr(MSR_MCG_CTL, ~0ull);
	for (u32 i = 0; i < nr_banks; i++) {
		wrmsr(MSR_MCI(i), ~0ull);
		wrmsr(MSR_MCI(i) + 1, 0);
	}
	write_cr4(read_cr4() | CR4_MCE);
}

static const char *const owners[MEM_NR_OWNERS] = {
	[MEM_FREE] = "no memory of ours, or free", [MEM_KERNEL] = "the kernel's", [MEM_SLAB] = "the kernel's",
	[MEM_APP] = "an app's or a guest's", [MEM_DMA] = "a device's", [MEM_TDX] = "TDX", [MEM_PAMT] = "TDX",
	[MEM_POISONED] = "known as bad",
};

static void __noreturn die(u32 bank, u64 status, u64 mcg, u64 rip)
{
	u64 address = status & MCI_HAS_ADDRESS ? rdmsr(MSR_MCI(bank) + 2) : 0;

	if (status & MCI_HAS_ADDRESS)
		panic("machine check: bank %u status %016lx, state %lx, at %016lx, address %lx (%s)\n", bank, status, mcg,
		      rip, address, owners[phys_owner(HPA(address))]);
	panic("machine check: bank %u status %016lx, state %lx, at %016lx\n", bank, status, mcg, rip);
}

static void count_corrected(u32 bank, u64 status)
{
	WRITE_ONCE(last_corrected, status);
	__atomic_fetch_add(&nr_corrected, 1, __ATOMIC_RELAXED);
	wrmsr(MSR_MCI(bank) + 1, 0);
}

static void look(u64 rip)
{
	u64 mcg = rdmsr(MSR_MCG_STATUS);

	for (u32 i = 0; i < nr_banks; i++) {
		u64 status = rdmsr(MSR_MCI(i) + 1);

		switch (mce_severity(status)) {
		case MCE_NONE:
			break;
		case MCE_CORRECTED:
			count_corrected(i, status);
			break;
		case MCE_FATAL:
			die(i, status, mcg, rip);
		}
	}
	if (!(mcg & MCG_RIP_VALID))
		panic("machine check: no bank says why, and %016lx cannot go on\n", rip);
	wrmsr(MSR_MCG_STATUS, 0);
}

void mce_handle(const struct trap_frame *f)
{
	look(f->rip);
}

void mce_intercepted(u64 guest_rip)
{
	unsigned long irq = arch_irq_save();

	look(guest_rip);
	arch_irq_restore(irq);
}

/* Corrected errors raise nothing: each CPU looks at its banks. An uncorrected one comes by itself. */
static void poll(struct timer *t)
{
	for (u32 i = 0; i < nr_banks; i++) {
		u64 status = rdmsr(MSR_MCI(i) + 1);

		if (mce_severity(status) == MCE_CORRECTED)
			count_corrected(i, status);
	}
	timer_arm(t, clock_ns() + POLL_NS);
}

static void start_poll(void *arg)
{
	struct timer *t = &timers[arch_cpu_id()];

	(void)arg;
	timer_init(t, poll);
	timer_arm(t, clock_ns() + POLL_NS);
}

void mce_start(void)
{
	if (nr_banks)
		cpu_call_all(start_poll, NULL);
}

/* From an ordinary interrupt. */
void mce_tell(void)
{
	u32 n = __atomic_load_n(&nr_corrected, __ATOMIC_RELAXED), told = __atomic_exchange_n(&nr_told, n, __ATOMIC_RELAXED);

	if (n != told)
		LOG_RATELIMIT(LOG_NOTICE, "machine check: %u corrected, last status %016lx\n", n - told,
			      READ_ONCE(last_corrected));
}

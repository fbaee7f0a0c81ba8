/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel.c - the kernel around code under test: one thread, physical memory is an array
 */
#include "kernel.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <socle/arch.h>
#include <socle/fault_inject.h>
#include <socle/lock.h>
#include <socle/arch.h>
#include <socle/log.h>
#include <socle/mem.h>

u8 *fake_ram;
static u64 fail_nth, seen;

void fake_ram_init(u64 bytes)
{
	free(fake_ram);
	fake_ram = aligned_alloc(SZ_2M, bytes);
	assert_non_null(fake_ram);
}

void *hpa_to_ptr(hpa_t pa) { return fake_ram + pa.v; }
hpa_t ptr_to_hpa(const void *p) { return HPA((u64)((const u8 *)p - fake_ram)); }

u32 arch_cpu_id(void) { return 0; }
unsigned long arch_irq_save(void) { return 0; }
void arch_irq_restore(unsigned long flags) { (void)flags; }
void arch_irq_enable(void) { }
void arch_irq_disable(void) { }
bool arch_irqs_enabled(void) { return true; }
void arch_cpu_relax(void) { }

u32 fake_node;
u32 arch_node(void) { return fake_node; }

void spin_lock(spinlock_t *l) { assert_int_equal(l->owner, l->next++); }
void spin_unlock(spinlock_t *l) { assert_int_equal(l->owner + 1, l->next); l->owner++; }
unsigned long spin_lock_irqsave(spinlock_t *l) { spin_lock(l); return 0; }
void spin_unlock_irqrestore(spinlock_t *l, unsigned long f) { (void)f; spin_unlock(l); }

void fault_inject_arm(u64 nth) { fail_nth = nth; seen = 0; }
bool fault_inject_hit(void) { return ++seen == fail_nth; }
u64 fault_inject_count(void) { return seen; }

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	abort();
}

static u64 random_state;

void test_seed(void)
{
	const char *s = getenv("SEED");

	random_state = s ? strtoull(s, NULL, 0) : 20260101;
	printf("seed %llu (set SEED to change)\n", (unsigned long long)random_state);
}

/* xorshift64* */
u64 test_random(u64 below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 2685821657736338717ull % below;
}

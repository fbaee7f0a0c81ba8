/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.c - ticket spinlocks
 */
#include <socle/arch.h>
#include <socle/lock.h>
#include <socle/sched.h>

static void lock_at(spinlock_t *l, u64 place)
{
	u32 ticket;

	preempt_disable_at(place);
	ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
		arch_cpu_relax();
}

void spin_lock(spinlock_t *l)
{
	lock_at(l, (u64)__builtin_return_address(0));
}

bool spin_trylock(spinlock_t *l)
{
	u32 owner = __atomic_load_n(&l->owner, __ATOMIC_RELAXED), expected = owner;

	preempt_disable_at((u64)__builtin_return_address(0));
	if (__atomic_compare_exchange_n(&l->next, &expected, owner + 1, false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return true;
	preempt_enable();
	return false;
}

void spin_unlock(spinlock_t *l)
{
	__atomic_store_n(&l->owner, l->owner + 1, __ATOMIC_RELEASE);
	preempt_enable();
}

unsigned long spin_lock_irqsave(spinlock_t *l)
{
	unsigned long flags = arch_irq_save();

	lock_at(l, (u64)__builtin_return_address(0));
	return flags;
}

void spin_unlock_irqrestore(spinlock_t *l, unsigned long flags)
{
	__atomic_store_n(&l->owner, l->owner + 1, __ATOMIC_RELEASE);
	arch_irq_restore(flags);
	preempt_enable();
}

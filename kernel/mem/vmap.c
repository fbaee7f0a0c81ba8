/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vmap.c - kernel stacks: mapped pages between unmapped guards
 *
 * The area is cut into slots of 64 KiB. A stack lies in the middle of one, so
 * that at least a page on each side stays unmapped.
 */
#include <string.h>
#include <socle/arch.h>
#include <socle/lock.h>
#include <socle/log.h>
#include <socle/mem.h>

#define VMAP_BASE	0xffffc00000000000ull
#define SLOT_BYTES	0x10000ull
#define NR_SLOTS	8192u

static u64 used[NR_SLOTS / 64];
static spinlock_t lock;

static u32 slot_take(void)
{
	unsigned long irq = spin_lock_irqsave(&lock);
	u32 found = NR_SLOTS;

	for (u32 w = 0; w < NR_SLOTS / 64 && found == NR_SLOTS; w++) {
		if (!~used[w])
			continue;
		found = w * 64 + (u32)__builtin_ctzl(~used[w]);
		used[w] |= BIT(found & 63);
	}
	spin_unlock_irqrestore(&lock, irq);
	return found;
}

static void slot_give(u32 slot)
{
	unsigned long irq = spin_lock_irqsave(&lock);

	used[slot / 64] &= ~BIT(slot & 63);
	spin_unlock_irqrestore(&lock, irq);
}

static u64 slot_stack(u32 slot)
{
	return VMAP_BASE + slot * SLOT_BYTES + PAGE_SIZE;
}

void *vmap_stack_alloc(u64 nr_pages)
{
	u64 bytes = nr_pages << PAGE_SHIFT, va;
	hpa_t pa;
	u32 slot;

	if (bytes > SLOT_BYTES - 2 * PAGE_SIZE)
		return NULL;
	if (phys_alloc(bytes, PAGE_SIZE, MEM_KERNEL, PHYS_ANY_NODE, PHYS_ZERO, &pa))
		return NULL;
	slot = slot_take();
	if (slot == NR_SLOTS)
		goto fail_pages;
	va = slot_stack(slot);
	for (u64 at = 0; at < bytes; at += PAGE_SIZE) {
		if (arch_map(va + at, HPA(pa.v + at), PAGE_SIZE, ARCH_MAP_W)) {
			(void)arch_unmap(va, bytes);
			slot_give(slot);
			goto fail_pages;
		}
	}
	return (void *)va;
fail_pages:
	phys_free(pa, bytes);
	return NULL;
}

void vmap_stack_free(void *base, u64 nr_pages)
{
	u64 va = (u64)base;
	hpa_t pa;

	ASSERT(!arch_lookup(va, &pa));
	ASSERT(!arch_unmap(va, nr_pages << PAGE_SHIFT));
	phys_free(pa, nr_pages << PAGE_SHIFT);
	slot_give((u32)((va - VMAP_BASE) / SLOT_BYTES));
}

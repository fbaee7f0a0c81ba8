// SPDX-License-Identifier: Apache-2.0
/* Split virtqueues; see queue.h. */
#include "queue.h"
#include "../vmm.h"

#include <errno.h>
#include <string.h>

#define DESC_NEXT		1u
#define DESC_WRITE		2u
#define AVAIL_NO_INTERRUPT	1u

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

static uint16_t read16(const void *p)
{
	return *(const volatile uint16_t *)p;
}

/* Pairs with the driver's barrier before it moves avail->idx. */
static uint16_t read16_acquire(const void *p)
{
	return __atomic_load_n((const uint16_t *)p, __ATOMIC_ACQUIRE);
}

static struct desc desc_read(const uint8_t *p)
{
	struct desc d;

	d.addr = *(const volatile uint64_t *)(const void *)p;
	d.len = *(const volatile uint32_t *)(const void *)(p + 8);
	d.flags = read16(p + 12);
	d.next = read16(p + 14);
	return d;
}

static uint8_t *desc_ring(struct vm *vm, const struct vq *q)
{
	return vm_ram(vm, q->desc, q->size * 16u);
}

static uint8_t *driver_ring(struct vm *vm, const struct vq *q)
{
	return vm_ram(vm, q->driver, 6u + q->size * 2u);
}

static uint8_t *device_ring(struct vm *vm, const struct vq *q)
{
	return vm_ram(vm, q->device, 6u + q->size * 8u);
}

void vq_reset(struct vq *q)
{
	memset(q, 0, sizeof(*q));
	q->size = VQ_MAX;
	q->vector = 0xffff;
}

bool vq_is_valid(struct vm *vm, const struct vq *q)
{
	return q->size && q->size <= VQ_MAX && !(q->size & (q->size - 1u)) &&
	       !(q->desc & 15) && !(q->driver & 1) && !(q->device & 3) &&
	       desc_ring(vm, q) && driver_ring(vm, q) && device_ring(vm, q);
}

static bool chain_add(struct vm *vm, const struct vq *q,
		      struct vq_chain *chain, const struct desc *d)
{
	struct vq_buf *b = &chain->buf[chain->nr];

	if (chain->nr == q->size)
		return false;		/* a loop */
	b->bytes = d->len;
	b->write = d->flags & DESC_WRITE;
	b->p = vm_ram(vm, d->addr, d->len);
	if (!b->p || (d->flags & ~(DESC_NEXT | DESC_WRITE)))
		return false;
	if (!b->write && chain->write_bytes)
		return false;		/* readable ones come first */
	chain->nr++;
	if (b->write) {
		chain->write_bytes += d->len;
	} else {
		chain->nr_read = chain->nr;
		chain->read_bytes += d->len;
	}
	return true;
}

static bool chain_walk(struct vm *vm, const struct vq *q,
		       struct vq_chain *chain)
{
	const uint8_t *ring = desc_ring(vm, q);
	struct desc d = { .next = chain->head };

	chain->nr = chain->nr_read = 0;
	chain->read_bytes = chain->write_bytes = 0;
	do {
		if (d.next >= q->size)
			return false;
		d = desc_read(ring + d.next * 16u);
		if (!chain_add(vm, q, chain, &d))
			return false;
	} while (d.flags & DESC_NEXT);
	return true;
}

int vq_pop(struct vm *vm, struct vq *q, struct vq_chain *chain)
{
	const uint8_t *avail = driver_ring(vm, q);
	uint16_t ready = (uint16_t)(read16_acquire(avail + 2) - q->next_avail);

	if (!ready)
		return 0;
	if (ready > q->size)
		return -EINVAL;		/* more than the ring holds */
	chain->head = read16(avail + 4 + (q->next_avail & (q->size - 1u)) * 2u);
	q->next_avail++;
	return chain_walk(vm, q, chain) ? 1 : -EINVAL;
}

void vq_unpop(struct vq *q)
{
	q->next_avail--;
}

void vq_push(struct vm *vm, struct vq *q, uint16_t head, uint32_t written)
{
	uint8_t *used = device_ring(vm, q);
	uint8_t *at = used + 4 + (q->next_used & (q->size - 1u)) * 8u;

	*(volatile uint32_t *)(void *)at = head;
	*(volatile uint32_t *)(void *)(at + 4) = written;
	q->next_used++;
	/* Pairs with the driver's barrier after it read used->idx. */
	__atomic_store_n((uint16_t *)(void *)(used + 2), q->next_used,
			 __ATOMIC_RELEASE);
}

bool vq_wants_interrupt(struct vm *vm, const struct vq *q)
{
	/*
	 * Pairs with the driver's barrier between enabling interrupts and
	 * looking at used->idx: one of both sees the other's write.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !(read16(driver_ring(vm, q)) & AVAIL_NO_INTERRUPT);
}

/* One direction of a chain, from @first to @end of its buffers. */
static uint32_t copy(const struct vq_chain *chain, uint32_t first,
		     uint32_t end, uint64_t offset, uint8_t *data,
		     uint32_t bytes, bool to_guest)
{
	uint32_t done = 0, i;

	for (i = first; i < end && done < bytes; i++) {
		const struct vq_buf *b = &chain->buf[i];
		uint32_t n = bytes - done;

		if (offset >= b->bytes) {
			offset -= b->bytes;
			continue;
		}
		if (n > b->bytes - offset)
			n = (uint32_t)(b->bytes - offset);
		if (to_guest)
			memcpy(b->p + offset, data + done, n);
		else
			memcpy(data + done, b->p + offset, n);
		offset = 0;
		done += n;
	}
	return done;
}

uint32_t chain_read(const struct vq_chain *chain, uint64_t offset, void *data,
		    uint32_t bytes)
{
	return copy(chain, 0, chain->nr_read, offset, data, bytes, false);
}

uint32_t chain_write(const struct vq_chain *chain, uint64_t offset,
		     const void *data, uint32_t bytes)
{
	return copy(chain, chain->nr_read, chain->nr, offset,
		    (uint8_t *)(uintptr_t)data, bytes, true);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Split virtqueues in guest memory
 *
 * The guest may write there at any time: every word is read once, into our
 * own variables, and checked; buffers are whole ranges of guest RAM.
 * Source: VIRTIO 1.2, 2.7.
 */
#ifndef VMM_VIRTIO_QUEUE_H
#define VMM_VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct vm;

#define VQ_MAX 128u

struct vq {
	uint16_t size;			/* power of two, at most VQ_MAX */
	uint16_t vector;
	bool enabled;
	uint64_t desc, driver, device;	/* guest physical */
	uint16_t next_avail, next_used;	/* count on without end */
};

struct vq_buf {
	uint8_t *p;
	uint32_t bytes;
	bool write;			/* for the device to write */
};

struct vq_chain {
	uint16_t head;
	uint32_t nr, nr_read;		/* the first @nr_read are to be read */
	uint64_t read_bytes, write_bytes;
	struct vq_buf buf[VQ_MAX];
};

void vq_reset(struct vq *q);
/* Size, alignment and place of the three rings. */
bool vq_is_valid(struct vm *vm, const struct vq *q);
/* 1: @chain is the next request; 0: there is none; -EINVAL: malformed. */
int vq_pop(struct vm *vm, struct vq *q, struct vq_chain *chain);
/* Undoes the last vq_pop(). */
void vq_unpop(struct vq *q);
void vq_push(struct vm *vm, struct vq *q, uint16_t head, uint32_t written);
/* After vq_push(): whether the driver asked for an interrupt. */
bool vq_wants_interrupt(struct vm *vm, const struct vq *q);

/*
 * Copies between @data and the chain's readable or writable bytes from
 * @offset of those on. Return: how many bytes there were, at most @bytes.
 */
uint32_t chain_read(const struct vq_chain *chain, uint64_t offset, void *data,
		    uint32_t bytes);
uint32_t chain_write(const struct vq_chain *chain, uint64_t offset,
		     const void *data, uint32_t bytes);

#endif

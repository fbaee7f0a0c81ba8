// SPDX-License-Identifier: Apache-2.0
/* virtio-console, one port: queue 0 to the guest, queue 1 from it.
 * VIRTIO 1.2, 5.3. */
#include "virtio.h"
#include "../vmm.h"

#include <errno.h>
#include <stdlib.h>

#define PIECE_BYTES 256u

static void output(struct virtio_dev *dev)
{
	uint8_t piece[PIECE_BYTES];
	uint64_t offset = 0;
	uint32_t n;

	while ((n = chain_read(&dev->chain, offset, piece, sizeof(piece)))) {
		sink_put(dev->pci.vm, &dev->pci.vm->console_sink, piece, n);
		offset += n;
	}
}

static int process(struct virtio_dev *dev)
{
	struct vm *vm = dev->pci.vm;
	struct vq *q = &dev->queue[1];
	int ret;

	while (q->enabled && (ret = vq_pop(vm, q, &dev->chain)) != 0) {
		if (ret < 0)
			return ret;
		output(dev);
		vq_push(vm, q, dev->chain.head, 0);
		virtio_interrupt(dev, q);
	}
	console_wake();			/* the guest may have room for input */
	return 0;
}

/*
 * Linux throws away what comes between its buffers' setup and its console's:
 * input waits until the guest has written something.
 */
static bool takes_input(const struct virtio_dev *dev)
{
	return dev->queue[0].enabled && dev->queue[1].next_used &&
	       (dev->status & VIRTIO_STATUS_DRIVER_OK) &&
	       !(dev->status & VIRTIO_STATUS_NEEDS_RESET);
}

uint32_t virtio_console_input(struct vm *vm, const uint8_t *data,
			      uint32_t bytes)
{
	struct virtio_dev *dev = vm->console_dev;
	struct vq *q;
	uint32_t n = 0;

	if (!dev)
		return 0;
	pthread_mutex_lock(&dev->pci.lock);
	q = &dev->queue[0];
	/* A malformed queue is the device thread's to report. */
	if (takes_input(dev) && vq_pop(vm, q, &dev->chain) > 0) {
		n = chain_write(&dev->chain, 0, data, bytes);
		vq_push(vm, q, dev->chain.head, n);
		virtio_interrupt(dev, q);
	}
	pthread_mutex_unlock(&dev->pci.lock);
	return n;
}

static const struct virtio_type console_type = {
	.name = "console", .id = 3, .class_revision = 0x07800000,
	.nr_queues = 2, .process = process,
};

int virtio_console_create(struct vm *vm)
{
	struct virtio_dev *dev = calloc(1, sizeof(*dev));
	int err;

	if (!dev)
		return -ENOMEM;
	dev->type = &console_type;
	err = virtio_add(vm, dev);
	if (!err && vm->cfg.console.mode == CONSOLE_TTY)
		vm->console_dev = dev;
	return err;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * virtio-rng: random bytes of the host, or of the file that rng.src names.
 * Source: VIRTIO 1.2, 5.4.
 */
#include "virtio.h"
#include "../vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define NO_FILE		(-1)
#define CHUNK_BYTES	64u
#define REQUEST_BYTES	4096u	/* at most: a guest may ask for gigabytes */

static uint32_t fill(const struct virtio_dev *dev)
{
	int fd = (int)(intptr_t)dev->state;
	uint8_t chunk[CHUNK_BYTES];
	uint32_t done = 0, n;

	while (done < REQUEST_BYTES) {
		ssize_t got = fd == NO_FILE
			? getrandom(chunk, sizeof(chunk), 0)
			: read(fd, chunk, sizeof(chunk));

		if (got <= 0)
			break;
		n = chain_write(&dev->chain, done, chunk, (uint32_t)got);
		done += n;
		if (n < (uint32_t)got)
			break;
	}
	return done;
}

static int process(struct virtio_dev *dev)
{
	struct vm *vm = dev->pci.vm;
	struct vq *q = &dev->queue[0];
	int ret;

	while (q->enabled && (ret = vq_pop(vm, q, &dev->chain)) != 0) {
		if (ret < 0)
			return ret;
		vq_push(vm, q, dev->chain.head, fill(dev));
		virtio_interrupt(dev, q);
	}
	return 0;
}

static void destroy(struct virtio_dev *dev)
{
	int fd = (int)(intptr_t)dev->state;

	if (fd != NO_FILE)
		close(fd);
}

static const struct virtio_type rng_type = {
	.name = "rng", .id = 4, .class_revision = 0x00ff0000, .nr_queues = 1,
	.process = process, .destroy = destroy,
};

int virtio_rng_create(struct vm *vm)
{
	struct virtio_dev *dev = calloc(1, sizeof(*dev));
	int fd = NO_FILE, err;

	if (!dev)
		return -ENOMEM;
	if (vm->cfg.rng_src) {
		fd = open(vm->cfg.rng_src, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			err = -errno;
			vm_error(vm, "rng.src: %s: %s", vm->cfg.rng_src,
				 strerror(-err));
			free(dev);
			return err;
		}
	}
	dev->type = &rng_type;
	dev->state = (void *)(intptr_t)fd;
	return virtio_add(vm, dev);
}

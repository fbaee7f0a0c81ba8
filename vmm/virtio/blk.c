// SPDX-License-Identifier: Apache-2.0
/*
 * virtio-blk: a file as a disk, one queue.
 *
 * A request: 16 bytes of header, data, one byte of status, cut into buffers
 * as the driver likes. Source: VIRTIO 1.2, 5.2.
 */
#include "virtio.h"
#include "../vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define F_SEG_MAX	(1ull << 2)
#define F_READONLY	(1ull << 5)
#define F_BLK_SIZE	(1ull << 6)
#define F_FLUSH		(1ull << 9)

enum { REQ_IN = 0, REQ_OUT = 1, REQ_FLUSH = 4, REQ_GET_ID = 8 };
enum { STATUS_OK = 0, STATUS_IOERR = 1, STATUS_UNSUPP = 2 };

#define SECTOR_BYTES	512u
#define HEADER_BYTES	16u
#define ID_BYTES	20u

struct header {
	uint32_t type, reserved;
	uint64_t sector;
};

struct disk {
	int fd;
	uint64_t sectors;
	const struct disk_config *cfg;
};

/* All of one piece; a file that became shorter is an error. */
static bool transfer(int fd, uint8_t *p, size_t bytes, uint64_t at, bool out)
{
	while (bytes) {
		ssize_t n = out ? pwrite(fd, p, bytes, (off_t)at)
				: pread(fd, p, bytes, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		at += (uint64_t)n;
		bytes -= (size_t)n;
	}
	return true;
}

/* The chain's data bytes: all readable ones but the header, or all writable
 * ones but the status. */
static bool transfer_all(const struct disk *d, const struct vq_chain *c,
			 uint64_t at, bool out)
{
	uint64_t skip = out ? HEADER_BYTES : 0;
	uint64_t left = out ? c->read_bytes - HEADER_BYTES : c->write_bytes - 1;
	uint32_t i = out ? 0 : c->nr_read;

	for (; left; i++) {
		const struct vq_buf *b = &c->buf[i];
		uint64_t n = b->bytes > skip ? b->bytes - skip : 0;

		if (n > left)
			n = left;
		if (n && !transfer(d->fd, b->p + skip, (size_t)n, at, out))
			return false;
		skip = b->bytes > skip ? 0 : skip - b->bytes;
		at += n;
		left -= n;
	}
	return true;
}

static uint8_t read_write(const struct disk *d, const struct vq_chain *c,
			  uint64_t sector, bool out)
{
	uint64_t bytes = out ? c->read_bytes - HEADER_BYTES
			     : c->write_bytes - 1;

	if ((bytes & (SECTOR_BYTES - 1)) || sector > d->sectors ||
	    bytes / SECTOR_BYTES > d->sectors - sector ||
	    (out && d->cfg->readonly))
		return STATUS_IOERR;
	return transfer_all(d, c, sector * SECTOR_BYTES, out) ? STATUS_OK
							      : STATUS_IOERR;
}

static uint8_t get_id(const struct disk *d, const struct vq_chain *c)
{
	char id[ID_BYTES] = "";

	if (c->write_bytes - 1 < ID_BYTES)
		return STATUS_IOERR;
	if (d->cfg->serial)
		memcpy(id, d->cfg->serial, strnlen(d->cfg->serial, ID_BYTES));
	chain_write(c, 0, id, ID_BYTES);
	return STATUS_OK;
}

static uint8_t execute(const struct disk *d, const struct vq_chain *c,
		       const struct header *h)
{
	switch (h->type) {
	case REQ_IN:
		return read_write(d, c, h->sector, false);
	case REQ_OUT:
		return read_write(d, c, h->sector, true);
	case REQ_FLUSH:
		return fsync(d->fd) ? STATUS_IOERR : STATUS_OK;
	case REQ_GET_ID:
		return get_id(d, c);
	default:
		return STATUS_UNSUPP;
	}
}

static int process(struct virtio_dev *dev)
{
	struct vm *vm = dev->pci.vm;
	struct vq *q = &dev->queue[0];
	struct vq_chain *c = &dev->chain;
	struct header h;
	uint8_t status;
	int ret;

	while (q->enabled && (ret = vq_pop(vm, q, c)) != 0) {
		if (ret < 0)
			return ret;
		if (!c->write_bytes || chain_read(c, 0, &h, sizeof(h)) !=
		    sizeof(h))
			return -EINVAL;
		status = execute(dev->state, c, &h);
		chain_write(c, c->write_bytes - 1, &status, 1);
		vq_push(vm, q, c->head, (uint32_t)c->write_bytes);
		virtio_interrupt(dev, q);
	}
	return 0;
}

static void destroy(struct virtio_dev *dev)
{
	struct disk *d = dev->state;

	close(d->fd);
	free(d);
}

static const struct virtio_type blk_type = {
	.name = "block", .id = 2, .class_revision = 0x01800000,
	.nr_queues = 1, .config_bytes = 60, .process = process,
	.destroy = destroy,
};

static int disk_open(struct disk *d)
{
	int flags = d->cfg->readonly ? O_RDONLY : O_RDWR;
	struct stat st;

	d->fd = open(d->cfg->path, flags | O_CLOEXEC);
	if (d->fd < 0)
		return -errno;
	if (fstat(d->fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	d->sectors = (uint64_t)st.st_size / SECTOR_BYTES;
	return 0;
}

static void registers(struct virtio_dev *dev, const struct disk *d)
{
	uint32_t seg_max = VQ_MAX - 2, blk_size = SECTOR_BYTES;

	dev->features = F_SEG_MAX | F_BLK_SIZE | F_FLUSH;
	if (d->cfg->readonly)
		dev->features |= F_READONLY;
	memcpy(dev->config, &d->sectors, 8);
	memcpy(dev->config + 12, &seg_max, 4);
	memcpy(dev->config + 20, &blk_size, 4);
}

int virtio_blk_create(struct vm *vm, uint32_t index)
{
	struct disk *d = calloc(1, sizeof(*d));
	struct virtio_dev *dev = calloc(1, sizeof(*dev));
	int err = -ENOMEM;

	if (!d || !dev)
		goto fail;
	d->cfg = &vm->cfg.disks[index];
	err = disk_open(d);
	if (err) {
		vm_error(vm, "disks[%u].path: %s: %s", index, d->cfg->path,
			 strerror(-err));
		if (d->fd >= 0)
			close(d->fd);
		goto fail;
	}
	dev->type = &blk_type;
	dev->state = d;
	registers(dev, d);
	return virtio_add(vm, dev);
fail:
	free(d);
	free(dev);
	return err;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * virtio-pci: capabilities, common registers, interrupts, notification.
 * BAR 0: common registers, ISR, device registers, notification (4 bytes a
 * queue), MSI-X table. Source: VIRTIO 1.2, 4.1.4.
 */
#include "virtio.h"
#include "../vmm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR_BYTES	0x8000u
#define COMMON_AT	0x0000u
#define ISR_AT		0x1000u
#define DEVICE_AT	0x2000u
#define NOTIFY_AT	0x3000u
#define MSIX_AT		0x4000u
#define AREA_BYTES	0x1000u

#define NOTIFY_STEP	4u
#define COMPLAINTS_MAX	8u	/* a guest may do it in a loop */
#define ISR_QUEUE	1u
#define ISR_CONFIG	2u

/* The common registers as the guest sees them. */
struct common {
	uint32_t device_feature_select, device_feature;
	uint32_t driver_feature_select, driver_feature;
	uint16_t config_vector, num_queues;
	uint8_t status, generation;
	uint16_t queue_select, queue_size, queue_vector, queue_enable;
	uint16_t queue_notify_off;
	uint64_t queue_desc, queue_driver, queue_device;
} __attribute__((packed));

static struct vq *selected(struct virtio_dev *dev)
{
	return dev->queue_select < dev->type->nr_queues
		? &dev->queue[dev->queue_select] : NULL;
}

static uint32_t feature_word(uint64_t features, uint32_t select)
{
	return select < 2 ? (uint32_t)(features >> select * 32) : 0;
}

static void common_image(struct virtio_dev *dev, struct common *c)
{
	const struct vq *q = selected(dev);

	memset(c, 0, sizeof(*c));
	c->device_feature_select = dev->feature_select;
	c->device_feature = feature_word(dev->features, dev->feature_select);
	c->driver_feature_select = dev->driver_feature_select;
	c->driver_feature = feature_word(dev->driver_features,
					 dev->driver_feature_select);
	c->config_vector = dev->config_vector;
	c->num_queues = (uint16_t)dev->type->nr_queues;
	c->status = dev->status;
	c->generation = dev->generation;
	c->queue_select = dev->queue_select;
	if (!q)
		return;			/* size 0: no such queue */
	c->queue_size = q->size;
	c->queue_vector = q->vector;
	c->queue_enable = q->enabled;
	c->queue_notify_off = dev->queue_select;
	c->queue_desc = q->desc;
	c->queue_driver = q->driver;
	c->queue_device = q->device;
}

static void reset(struct virtio_dev *dev)
{
	uint32_t i;

	dev->driver_features = 0;
	dev->feature_select = dev->driver_feature_select = 0;
	dev->queue_select = 0;
	dev->config_vector = MSIX_NO_VECTOR;
	dev->status = dev->isr = 0;
	for (i = 0; i < VIRTIO_MAX_QUEUES; i++)
		vq_reset(&dev->queue[i]);
	intx_set(&dev->pci, false);
}

static void interrupt(struct virtio_dev *dev, uint8_t cause, uint16_t vector)
{
	if (msix_enabled(&dev->pci)) {
		msix_notify(&dev->pci, vector);
		return;
	}
	dev->isr |= cause;
	intx_set(&dev->pci, true);
}

void virtio_interrupt(struct virtio_dev *dev, struct vq *q)
{
	if (vq_wants_interrupt(dev->pci.vm, q))
		interrupt(dev, ISR_QUEUE, q->vector);
}

/* The guest broke the rules: nothing more is done until it resets us. */
static void needs_reset(struct virtio_dev *dev)
{
	if (dev->status & VIRTIO_STATUS_NEEDS_RESET)
		return;
	if (dev->complaints++ < COMPLAINTS_MAX)
		vm_error(dev->pci.vm, "%s: malformed queue or request; "
			 "the device waits for a reset", dev->type->name);
	dev->status |= VIRTIO_STATUS_NEEDS_RESET;
	dev->generation++;
	interrupt(dev, ISR_CONFIG, dev->config_vector);
}

static void status_write(struct virtio_dev *dev, uint8_t value)
{
	uint8_t was = dev->status;

	if (!value) {
		reset(dev);
		return;
	}
	/* FEATURES_OK stays off if we cannot go on with what was chosen. */
	if ((value & VIRTIO_STATUS_FEATURES_OK) &&
	    ((dev->driver_features & ~dev->features) ||
	     !(dev->driver_features & VIRTIO_F_VERSION_1)))
		value &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
	/* Only a reset takes bits away. */
	dev->status = was | (value & 0x8f);
	if (~was & dev->status & VIRTIO_STATUS_DRIVER_OK)
		virtio_kick(dev);
}

static void driver_feature_write(struct virtio_dev *dev, uint32_t value)
{
	uint32_t shift = dev->driver_feature_select * 32;

	if (dev->driver_feature_select > 1 ||
	    (dev->status & VIRTIO_STATUS_FEATURES_OK))
		return;
	dev->driver_features &= ~(0xffffffffull << shift);
	dev->driver_features |= (uint64_t)value << shift;
}

static uint16_t vector_checked(const struct virtio_dev *dev, uint64_t value)
{
	return value < dev->pci.nr_msix ? (uint16_t)value : MSIX_NO_VECTOR;
}

/* Half or all of an address. */
static void address_write(uint64_t *reg, uint32_t byte, uint32_t size,
			  uint64_t value)
{
	if (size == 8)
		*reg = value;
	else if (byte == 0)
		*reg = (*reg & ~0xffffffffull) | (uint32_t)value;
	else
		*reg = (*reg & 0xffffffffull) | value << 32;
}

static void queue_write(struct virtio_dev *dev, uint32_t offset, uint32_t size,
			uint64_t value)
{
	struct vq *q = selected(dev);

	if (!q)
		return;
	if (offset == offsetof(struct common, queue_vector)) {
		q->vector = vector_checked(dev, value);
		return;
	}
	if (q->enabled)
		return;			/* fixed until the next reset */
	if (offset == offsetof(struct common, queue_size)) {
		q->size = (uint16_t)value;
	} else if (offset == offsetof(struct common, queue_enable)) {
		q->enabled = value == 1 && vq_is_valid(dev->pci.vm, q);
		if (!q->enabled)
			needs_reset(dev);
	} else if (offset >= offsetof(struct common, queue_device)) {
		address_write(&q->device, offset & 4, size, value);
	} else if (offset >= offsetof(struct common, queue_driver)) {
		address_write(&q->driver, offset & 4, size, value);
	} else if (offset >= offsetof(struct common, queue_desc)) {
		address_write(&q->desc, offset & 4, size, value);
	}
}

_Static_assert(offsetof(struct common, queue_desc) % 8 == 0, "halves by bit 2");

/* Widths as the specification has them, and halves of addresses. */
static uint32_t register_bytes(uint32_t offset)
{
	if (offset < 16 || offset >= offsetof(struct common, queue_desc))
		return 4;
	return offset == 20 || offset == 21 ? 1 : 2;
}

static void common_write(struct virtio_dev *dev, uint32_t offset,
			 uint32_t size, uint64_t value)
{
	bool address = offset >= offsetof(struct common, queue_desc);

	if (size != register_bytes(offset) && !(size == 8 && address))
		return;
	switch (offset) {
	case offsetof(struct common, device_feature_select):
		dev->feature_select = (uint32_t)value;
		break;
	case offsetof(struct common, driver_feature_select):
		dev->driver_feature_select = (uint32_t)value;
		break;
	case offsetof(struct common, driver_feature):
		driver_feature_write(dev, (uint32_t)value);
		break;
	case offsetof(struct common, config_vector):
		dev->config_vector = vector_checked(dev, value);
		break;
	case offsetof(struct common, status):
		status_write(dev, (uint8_t)value);
		break;
	case offsetof(struct common, queue_select):
		dev->queue_select = (uint16_t)value;
		break;
	default:
		queue_write(dev, offset, size, value);
	}
}

static void image_read(const void *image, uint32_t image_bytes,
		       uint32_t offset, uint32_t size, uint64_t *value)
{
	*value = 0;
	if (offset < image_bytes && size <= image_bytes - offset)
		memcpy(value, (const uint8_t *)image + offset, size);
}

static void common_access(struct virtio_dev *dev, uint32_t offset, bool write,
			  uint32_t size, uint64_t *value)
{
	struct common c;

	if (write) {
		common_write(dev, offset, size, *value);
		return;
	}
	common_image(dev, &c);
	image_read(&c, sizeof(c), offset, size, value);
}

static void bar_access(struct pci_dev *pci, uint32_t offset, bool write,
		       uint32_t size, uint64_t *value)
{
	struct virtio_dev *dev = (struct virtio_dev *)pci;
	uint32_t at = offset & (AREA_BYTES - 1);

	switch (offset & ~(AREA_BYTES - 1)) {
	case COMMON_AT:
		common_access(dev, at, write, size, value);
		return;
	case DEVICE_AT:		/* nothing there is writable */
		if (!write)
			image_read(dev->config, dev->type->config_bytes, at,
				   size, value);
		return;
	case NOTIFY_AT:		/* where no ioeventfd caught it */
		if (write)
			virtio_kick(dev);
		else
			*value = 0;
		return;
	case ISR_AT:
		if (!write) {
			*value = at ? 0 : dev->isr;
			dev->isr = at ? dev->isr : 0;
			intx_set(pci, dev->isr);
		}
		return;
	default:
		if (!write)
			*value = 0;
	}
}

static void ioeventfds(struct virtio_dev *dev, uint32_t flags)
{
	struct kvm_ioeventfd e;
	uint32_t i;

	for (i = 0; dev->notify_gpa && i < dev->type->nr_queues; i++) {
		memset(&e, 0, sizeof(e));
		e.addr = dev->notify_gpa + i * NOTIFY_STEP;
		e.len = 2;
		e.fd = dev->kick_fd;
		e.flags = flags;
		/* Where it fails the write comes to bar_access() instead. */
		(void)ioctl(dev->pci.vm->fd, KVM_IOEVENTFD, &e);
	}
}

static void bar_moved(struct pci_dev *pci, uint64_t gpa)
{
	struct virtio_dev *dev = (struct virtio_dev *)pci;

	ioeventfds(dev, KVM_IOEVENTFD_FLAG_DEASSIGN);
	dev->notify_gpa = gpa ? gpa + NOTIFY_AT : 0;
	ioeventfds(dev, 0);
}

void virtio_kick(struct virtio_dev *dev)
{
	uint64_t one = 1;

	if (write(dev->kick_fd, &one, sizeof(one)) < 0)
		return;		/* the counter is full: it is awake */
}

static void *device_thread(void *arg)
{
	struct virtio_dev *dev = arg;
	uint64_t kicks;

	for (;;) {
		ssize_t n = read(dev->kick_fd, &kicks, sizeof(kicks));

		pthread_mutex_lock(&dev->pci.lock);
		if (dev->stop || (n < 0 && errno != EINTR)) {
			pthread_mutex_unlock(&dev->pci.lock);
			return NULL;
		}
		if ((dev->status & VIRTIO_STATUS_DRIVER_OK) &&
		    !(dev->status & VIRTIO_STATUS_NEEDS_RESET) &&
		    dev->type->process(dev))
			needs_reset(dev);
		pthread_mutex_unlock(&dev->pci.lock);
	}
}

/* One capability of the vendor's kind: where in BAR 0 an area is. */
static void area_cap(struct virtio_dev *dev, uint8_t kind, uint32_t offset,
		     uint32_t bytes)
{
	uint8_t body[18] = { kind == 2 ? 20 : 16, kind };
	uint32_t step = NOTIFY_STEP;

	memcpy(body + 6, &offset, 4);
	memcpy(body + 10, &bytes, 4);
	memcpy(body + 14, &step, 4);
	pci_add_cap(&dev->pci, 0x09, body, kind == 2 ? 18 : 14);
}

static int setup(struct vm *vm, struct virtio_dev *dev)
{
	const struct virtio_type *t = dev->type;
	uint16_t id = (uint16_t)(0x1040 + t->id), subsystem[2] = { 0x1af4, id };
	int err;

	dev->features |= VIRTIO_F_VERSION_1;
	pci_init(&dev->pci, vm, 0x1af4, id, t->class_revision | 1);
	memcpy(dev->pci.config + 0x2c, subsystem, 4);
	dev->pci.bar_bytes = BAR_BYTES;
	dev->pci.bar_access = bar_access;
	dev->pci.bar_moved = bar_moved;
	area_cap(dev, 1, COMMON_AT, sizeof(struct common));
	area_cap(dev, 2, NOTIFY_AT, t->nr_queues * NOTIFY_STEP);
	area_cap(dev, 3, ISR_AT, 1);
	if (t->config_bytes)
		area_cap(dev, 4, DEVICE_AT, t->config_bytes);
	pci_add_msix(&dev->pci, t->nr_queues + 1, MSIX_AT);
	reset(dev);
	err = pci_add(&dev->pci);
	if (err)
		return err;
	dev->kick_fd = eventfd(0, EFD_CLOEXEC);
	if (dev->kick_fd < 0)
		return -errno;
	err = -pthread_create(&dev->thread, NULL, device_thread, dev);
	dev->started = !err;
	return err;
}

int virtio_add(struct vm *vm, struct virtio_dev *dev)
{
	int err;

	dev->kick_fd = -1;
	err = setup(vm, dev);
	if (err) {
		vm_error(vm, "%s: %s", dev->type->name, strerror(-err));
		virtio_destroy(dev);
		return err;
	}
	vm->virtio[vm->nr_virtio++] = dev;
	return 0;
}

void virtio_stop(struct virtio_dev *dev)
{
	if (!dev->started)
		return;
	pthread_mutex_lock(&dev->pci.lock);
	dev->stop = true;
	pthread_mutex_unlock(&dev->pci.lock);
	virtio_kick(dev);
	pthread_join(dev->thread, NULL);
	dev->started = false;
}

void virtio_destroy(struct virtio_dev *dev)
{
	virtio_stop(dev);
	if (dev->type->destroy)
		dev->type->destroy(dev);
	if (dev->kick_fd >= 0)
		close(dev->kick_fd);
	free(dev);
}

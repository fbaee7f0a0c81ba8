/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio device behind virtio-pci, version 1.0 and later only
 *
 * Registers are handled in the vCPU's thread, queues in a thread of the
 * device that an eventfd wakes (ioeventfd on the notification registers);
 * both hold the device's lock.
 * Source: VIRTIO 1.2, 2.1 (status), 4.1 (PCI).
 */
#ifndef VMM_VIRTIO_H
#define VMM_VIRTIO_H

#include "../pci.h"
#include "queue.h"

#define VIRTIO_MAX_QUEUES	2u

#define VIRTIO_F_VERSION_1	(1ull << 32)

#define VIRTIO_STATUS_DRIVER_OK		0x04u
#define VIRTIO_STATUS_FEATURES_OK	0x08u
#define VIRTIO_STATUS_NEEDS_RESET	0x40u

struct virtio_dev;

struct virtio_type {
	const char *name;
	uint16_t id;			/* of the device type */
	uint32_t class_revision;
	uint32_t nr_queues;
	uint32_t config_bytes;
	/*
	 * Works on everything that is ready, with the lock held and the
	 * driver set up. -EINVAL: the guest's rings or requests are broken.
	 */
	int (*process)(struct virtio_dev *dev);
	void (*destroy)(struct virtio_dev *dev);
};

struct virtio_dev {
	struct pci_dev pci;
	const struct virtio_type *type;
	uint64_t features;		/* offered */
	uint8_t config[64];		/* what the type's registers hold */

	uint64_t driver_features;
	uint32_t feature_select, driver_feature_select;
	uint16_t queue_select, config_vector;
	uint8_t status, isr, generation;
	struct vq queue[VIRTIO_MAX_QUEUES];
	struct vq_chain chain;		/* the request in hand */

	uint32_t complaints;

	int kick_fd;
	uint64_t notify_gpa;		/* where ioeventfds are; 0: nowhere */
	pthread_t thread;
	bool started, stop;
	void *state;			/* the type's own */
};

/* Takes @dev, made by calloc, over in every case. */
int virtio_add(struct vm *vm, struct virtio_dev *dev);
/* Wakes the device's thread. */
void virtio_kick(struct virtio_dev *dev);
void virtio_stop(struct virtio_dev *dev);
void virtio_destroy(struct virtio_dev *dev);
/* With the lock held, after vq_push(). */
void virtio_interrupt(struct virtio_dev *dev, struct vq *q);

/* All devices of a VM's description; prints what fails. */
int virtio_create_all(struct vm *vm);
void virtio_destroy_all(struct vm *vm);

int virtio_blk_create(struct vm *vm, uint32_t index);
int virtio_rng_create(struct vm *vm);
int virtio_console_create(struct vm *vm);
/* How many bytes the guest took. */
uint32_t virtio_console_input(struct vm *vm, const uint8_t *data,
			      uint32_t bytes);

#endif

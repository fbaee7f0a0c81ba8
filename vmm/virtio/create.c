// SPDX-License-Identifier: Apache-2.0
/* The virtio devices that a VM's description asks for. */
#include "virtio.h"
#include "../vmm.h"

int virtio_create_all(struct vm *vm)
{
	int err = 0;
	uint32_t i;

	if (vm->cfg.console.mode != CONSOLE_OFF)
		err = virtio_console_create(vm);
	for (i = 0; !err && i < vm->cfg.nr_disks; i++)
		err = virtio_blk_create(vm, i);
	if (!err && vm->cfg.has_rng)
		err = virtio_rng_create(vm);
	return err;
}

/* The vCPUs have ended; device threads may still work. */
void virtio_destroy_all(struct vm *vm)
{
	vm->console_dev = NULL;
	while (vm->nr_virtio)
		virtio_destroy(vm->virtio[--vm->nr_virtio]);
}

# SPDX-License-Identifier: Apache-2.0
unit-tests += test_virtio
test_virtio-src := vmm/pci.c vmm/msix.c vmm/virtio/queue.c vmm/virtio/pci.c vmm/virtio/create.c vmm/virtio/blk.c \
	vmm/virtio/rng.c vmm/virtio/console.c
test_virtio-libs := -pthread

// SPDX-License-Identifier: Apache-2.0
/*
 * A driver against the VMM's PCI bus and virtio devices, without KVM: good
 * requests by config space, BAR and rings, and rings full of nonsense. Guest
 * memory is a heap block: the address sanitizer sees what leaves it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../vmm/virtio/virtio.h"
#include "../../vmm/vmm.h"

#define MEMORY		(1u << 20)
#define DESC		0x1000u
#define AVAIL		0x2000u
#define USED		0x3000u
#define HEADER		0x4000u
#define STATUS		0x4100u
#define DATA		0x5000u
#define DISK_BYTES	8192u

static struct vm vm;
static uint32_t seed, gsi_levels, complaints;
static char written[256], disk_path[] = "/tmp/socle-disk-XXXXXX";

void vm_error(const struct vm *v, const char *fmt, ...)
{
	(void)v;
	(void)fmt;
	complaints++;
}

void vm_request_end(struct vm *v, enum vm_end end)
{
	v->end = end;
}

void vm_gsi_share(struct vm *v, uint32_t gsi, uint32_t user, bool level)
{
	(void)v;
	(void)user;
	gsi_levels = (gsi_levels & ~(1u << gsi)) | (uint32_t)level << gsi;
}

void *vm_ram(struct vm *v, uint64_t gpa, uint64_t bytes)
{
	return gpa <= v->low_bytes && bytes <= v->low_bytes - gpa
		? v->mem + gpa : NULL;
}

void sink_put(struct vm *v, const struct sink *s, const uint8_t *data,
	      uint32_t bytes)
{
	(void)v;
	(void)s;
	strncat(written, (const char *)data,
		bytes < 200 - strlen(written) ? bytes : 0);
}

void console_wake(void)
{
}

static uint32_t next(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static uint32_t config(uint32_t slot, uint32_t at, uint32_t size)
{
	uint32_t v = 0x80000000u | slot << 11 | (at & 0xfc);

	pci_io(&vm, 0, true, 4, &v);
	v = ~0u;
	pci_io(&vm, 4 + (at & 3), false, size, &v);
	return size == 4 ? v : v & ((1u << size * 8) - 1);
}

static void config_set(uint32_t slot, uint32_t at, uint32_t size, uint32_t v)
{
	uint64_t value = v;

	assert_true(pci_mmio(&vm, PCI_ECAM_GPA + slot * 0x8000 + at, true, size,
			     &value));
}

/* The driver's view of one device. */
struct driver {
	uint32_t slot;
	uint64_t common, notify, isr, device;
	uint16_t avail;
};

static uint64_t reg(uint64_t gpa, uint32_t size)
{
	uint64_t v = 0;

	assert_true(pci_mmio(&vm, gpa, false, size, &v));
	return v;
}

static void reg_set(uint64_t gpa, uint32_t size, uint64_t v)
{
	assert_true(pci_mmio(&vm, gpa, true, size, &v));
}

/* As a driver does: capabilities to areas. */
static void find(struct driver *d, uint16_t device)
{
	uint32_t cap;

	memset(d, 0, sizeof(*d));
	while (d->slot < 32 && config(d->slot, 0, 4) != (0x1af4u | (uint32_t)device << 16))
		d->slot++;
	assert_in_range(d->slot, 1, 31);
	config_set(d->slot, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(config(d->slot, PCI_STATUS, 2) & PCI_STATUS_CAPS, PCI_STATUS_CAPS);
	for (cap = config(d->slot, PCI_CAP_PTR, 1); cap; cap = config(d->slot, cap + 1, 1)) {
		uint64_t at = config(d->slot, PCI_BAR0, 4) + config(d->slot, cap + 8, 4);

		if (config(d->slot, cap, 1) != 9)
			continue;
		switch (config(d->slot, cap + 3, 1)) {
		case 1: d->common = at; break;
		case 2: d->notify = at; break;
		case 3: d->isr = at; break;
		case 4: d->device = at; break;
		}
	}
	assert_true(d->common && d->notify && d->isr);
}

static void start(struct driver *d, uint32_t queue, uint64_t rings)
{
	d->avail = 0;
	memset(vm.mem + rings + AVAIL, 0, 64);
	memset(vm.mem + rings + USED, 0, 128);
	reg_set(d->common + 8, 4, 1);
	reg_set(d->common + 12, 4, 1);		/* version 1 */
	reg_set(d->common + 20, 1, 1 | 2 | 8);
	assert_int_equal(reg(d->common + 20, 1), 1 | 2 | 8);
	reg_set(d->common + 22, 2, queue);
	reg_set(d->common + 24, 2, 8);
	reg_set(d->common + 32, 4, rings + DESC);
	reg_set(d->common + 40, 8, rings + AVAIL);
	reg_set(d->common + 48, 4, rings + USED);
	reg_set(d->common + 28, 2, 1);
	reg_set(d->common + 20, 1, 1 | 2 | 8 | 4);
}

static void desc(uint64_t rings, uint32_t i, uint64_t addr, uint32_t len,
		 uint16_t flags, uint16_t to)
{
	uint8_t *p = vm.mem + rings + DESC + i * 16;

	memcpy(p, &addr, 8);
	memcpy(p + 8, &len, 4);
	memcpy(p + 12, &flags, 2);
	memcpy(p + 14, &to, 2);
}

static void offer(struct driver *d, uint64_t rings, uint16_t head)
{
	memcpy(vm.mem + rings + AVAIL + 4 + d->avail % 8 * 2, &head, 2);
	d->avail++;
	__atomic_store_n((uint16_t *)(void *)(vm.mem + rings + AVAIL + 2), d->avail, __ATOMIC_RELEASE);
}

static uint16_t used(uint64_t rings)
{
	return __atomic_load_n((uint16_t *)(void *)(vm.mem + rings + USED + 2), __ATOMIC_ACQUIRE);
}

/* Until the device's thread used it all; true: it did. */
static bool wait_used(const struct driver *d, uint64_t rings)
{
	int i;

	for (i = 0; i < 20000 && used(rings) != d->avail; i++)
		usleep(1000);
	return used(rings) == d->avail;
}

/* One request of the usual three descriptors; its status. */
static uint8_t blk(struct driver *d, uint32_t type, uint64_t sector, uint32_t bytes)
{
	bool in = type == 0 || type == 8;

	memset(vm.mem + HEADER, 0, 16);
	memcpy(vm.mem + HEADER, &type, 4);
	memcpy(vm.mem + HEADER + 8, &sector, 8);
	vm.mem[STATUS] = 0xee;
	desc(0, 0, HEADER, 16, 1, bytes ? 1 : 2);
	desc(0, 1, DATA, bytes, in ? 3 : 1, 2);
	desc(0, 2, STATUS, 1, 2, 0);
	offer(d, 0, 0);
	reg_set(d->notify, 2, 0);
	assert_true(wait_used(d, 0));
	return vm.mem[STATUS];
}

static void disk_make(void)
{
	uint8_t data[DISK_BYTES];
	uint32_t i;
	FILE *f = fopen(disk_path, "wb");

	for (i = 0; i < DISK_BYTES; i++)
		data[i] = (uint8_t)(i / 512 + 1);
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, sizeof(data), f), sizeof(data));
	fclose(f);
}

static int setup(void **state)
{
	int fd = mkstemp(disk_path);

	(void)state;
	vm.fd = -1;
	vm.mem = calloc(1, MEMORY);
	vm.low_bytes = MEMORY;
	vm.cfg.nr_disks = 2;
	vm.cfg.disks[0] = (struct disk_config){ disk_path, false, (char *)"disk-a" };
	vm.cfg.disks[1] = (struct disk_config){ disk_path, true, NULL };
	vm.cfg.has_rng = true;
	vm.cfg.console.mode = CONSOLE_TTY;
	disk_make();
	return fd < 0 || close(fd) || pci_bus_init(&vm) || virtio_create_all(&vm);
}

static int teardown(void **state)
{
	(void)state;
	virtio_destroy_all(&vm);
	pci_bus_destroy(&vm);
	free(vm.mem);
	return unlink(disk_path);
}

static void config_space(void **state)
{
	struct driver d;
	uint32_t bar;

	(void)state;
	assert_int_equal(config(0, 0, 4), 0x00081b36);
	assert_int_equal(config(0, 0, 2), 0x1b36);
	assert_int_equal(config(0, 2, 2), 0x0008);
	assert_int_equal(config(31, 0, 4), 0xffffffff);
	assert_int_equal(reg(PCI_ECAM_GPA + 31 * 0x8000, 4), 0xffffffff);
	assert_int_equal(reg(PCI_ECAM_GPA + 0x1000, 4), 0xffffffff);	/* function 1 */
	assert_int_equal(reg(PCI_ECAM_GPA + 0x100, 4), 0);
	find(&d, 0x1042);
	bar = config(d.slot, PCI_BAR0, 4);
	config_set(d.slot, PCI_BAR0, 4, 0xffffffff);
	assert_int_equal(config(d.slot, PCI_BAR0, 4), 0xffff8000);
	config_set(d.slot, PCI_BAR0, 4, 0xc8000000);
	assert_int_equal(reg(0xc8000012, 2), 1);	/* one queue, at the new place */
	config_set(d.slot, PCI_COMMAND, 2, 0);
	assert_false(pci_mmio(&vm, 0xc8000012, false, 2, &(uint64_t){ 0 }));
	config_set(d.slot, PCI_BAR0, 4, bar);
}

static void disk_requests(void **state)
{
	struct driver d;

	(void)state;
	find(&d, 0x1042);
	assert_int_equal(reg(d.device, 8), DISK_BYTES / 512);
	start(&d, 0, 0);
	assert_int_equal(blk(&d, 0, 3, 1024), 0);
	assert_int_equal(vm.mem[DATA], 4);
	assert_int_equal(vm.mem[DATA + 1023], 5);
	assert_int_equal(reg(d.isr, 1), 1);		/* no MSI-X: INTA */
	assert_int_equal(reg(d.isr, 1), 0);
	memset(vm.mem + DATA, 0x77, 512);
	assert_int_equal(blk(&d, 1, 15, 512), 0);
	assert_int_equal(blk(&d, 4, 0, 0), 0);
	memset(vm.mem + DATA, 0, 512);
	assert_int_equal(blk(&d, 0, 15, 512), 0);
	assert_int_equal(vm.mem[DATA + 511], 0x77);
	assert_int_equal(blk(&d, 8, 0, 20), 0);
	assert_string_equal(vm.mem + DATA, "disk-a");
	assert_int_equal(blk(&d, 0, 15, 1024), 1);	/* beyond the end */
	assert_int_equal(blk(&d, 0, ~0ull, 512), 1);
	assert_int_equal(blk(&d, 0, 0, 100), 1);	/* no sectors */
	assert_int_equal(blk(&d, 99, 0, 512), 2);
	reg_set(d.common + 20, 1, 0);
	assert_int_equal(reg(d.common + 20, 1), 0);
}

static void read_only_disk(void **state)
{
	struct driver d;

	(void)state;
	find(&d, 0x1042);
	d.slot++;
	config_set(d.slot, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	d.common += 0x100000;
	d.notify += 0x100000;
	assert_int_equal(reg(d.common + 4, 4) >> 5 & 1, 1);
	start(&d, 0, 0);
	assert_int_equal(blk(&d, 1, 0, 512), 1);
	assert_int_equal(blk(&d, 0, 0, 512), 0);
	assert_int_equal(vm.mem[DATA], 1);
	reg_set(d.common + 20, 1, 0);
}

static void features(void **state)
{
	struct driver d;

	(void)state;
	find(&d, 0x1042);
	reg_set(d.common + 8, 4, 1);
	reg_set(d.common + 12, 4, 0);		/* not version 1 */
	reg_set(d.common + 20, 1, 1 | 2 | 8);
	assert_int_equal(reg(d.common + 20, 1), 1 | 2);
	reg_set(d.common + 12, 4, 3);		/* what nobody offered */
	reg_set(d.common + 20, 1, 1 | 2 | 8);
	assert_int_equal(reg(d.common + 20, 1), 1 | 2);
	reg_set(d.common + 22, 2, 7);
	assert_int_equal(reg(d.common + 24, 2), 0);	/* no queue 7 */
	reg_set(d.common + 20, 1, 0);
}

static void random_bytes(void **state)
{
	static const uint8_t zeros[64];
	struct driver d;

	(void)state;
	find(&d, 0x1044);
	start(&d, 0, 0);
	memset(vm.mem + DATA, 0, 64);
	desc(0, 0, DATA, 32, 3, 1);
	desc(0, 1, DATA + 32, 32, 2, 0);
	offer(&d, 0, 0);
	reg_set(d.notify, 2, 0);
	assert_true(wait_used(&d, 0));
	assert_memory_not_equal(vm.mem + DATA, zeros, 32);
	assert_memory_not_equal(vm.mem + DATA + 32, zeros, 32);
	reg_set(d.common + 20, 1, 0);
}

static void console(void **state)
{
	struct driver d;

	(void)state;
	find(&d, 0x1043);
	start(&d, 1, 0);
	reg_set(d.common + 22, 2, 0);
	reg_set(d.common + 24, 2, 8);
	reg_set(d.common + 32, 4, 0x10000 + DESC);
	reg_set(d.common + 40, 4, 0x10000 + AVAIL);
	reg_set(d.common + 48, 4, 0x10000 + USED);
	reg_set(d.common + 28, 2, 1);
	desc(0x10000, 0, DATA + 0x100, 16, 2, 0);
	*(uint16_t *)(void *)(vm.mem + 0x10000 + AVAIL + 2) = 1;
	/* Input waits for the guest's first output. */
	assert_int_equal(virtio_console_input(&vm, (const uint8_t *)"x", 1), 0);
	memcpy(vm.mem + DATA, "hello", 5);
	desc(0, 0, DATA, 2, 1, 1);
	desc(0, 1, DATA + 2, 3, 0, 0);
	offer(&d, 0, 0);
	reg_set(d.notify + 4, 2, 1);
	assert_true(wait_used(&d, 0));
	assert_string_equal(written, "hello");
	assert_int_equal(virtio_console_input(&vm, (const uint8_t *)"xy", 2), 2);
	assert_int_equal(used(0x10000), 1);
	assert_memory_equal(vm.mem + DATA + 0x100, "xy", 2);
	assert_int_equal(virtio_console_input(&vm, (const uint8_t *)"z", 1), 0);
	reg_set(d.common + 20, 1, 0);
}

/* Each breach: the device asks for a reset, and works after it. */
static void breaches(void **state)
{
	static const struct { uint64_t addr; uint32_t len; uint16_t flags, next, head; } bad[] = {
		{ MEMORY - 8, 16, 0, 0, 0 },		/* over the end */
		{ ~0ull, 16, 0, 0, 0 },
		{ HEADER, 16, 1, 0, 0 },		/* a loop */
		{ HEADER, 16, 1, 8, 0 },		/* next beyond the table */
		{ HEADER, 16, 4, 0, 0 },		/* indirect was not offered */
		{ HEADER, 16, 0, 0, 9 },		/* head beyond the table */
		{ HEADER, 16, 0, 0, 0 },		/* no status byte */
		{ STATUS, 16, 2, 0, 0 },		/* no header */
	};
	struct driver d;
	uint32_t i, wait;

	(void)state;
	find(&d, 0x1042);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start(&d, 0, 0);
		desc(0, 0, bad[i].addr, bad[i].len, bad[i].flags, bad[i].next);
		offer(&d, 0, bad[i].head);
		reg_set(d.notify, 2, 0);
		for (wait = 0; wait < 20000 && !(reg(d.common + 20, 1) & 0x40); wait++)
			usleep(1000);
		assert_int_equal(reg(d.common + 20, 1) & 0x40, 0x40);
		reg_set(d.common + 20, 1, 0);
		start(&d, 0, 0);
		assert_int_equal(blk(&d, 0, 0, 512), 0);
		reg_set(d.common + 20, 1, 0);
	}
	assert_true(complaints);
}

static void msix(void **state)
{
	struct driver d;
	uint32_t cap;
	uint64_t table;

	(void)state;
	find(&d, 0x1042);
	for (cap = config(d.slot, PCI_CAP_PTR, 1); config(d.slot, cap, 1) != 0x11;)
		cap = config(d.slot, cap + 1, 1);
	assert_int_equal(config(d.slot, cap + 2, 2), 1);	/* two vectors */
	table = config(d.slot, PCI_BAR0, 4) + config(d.slot, cap + 4, 4);
	assert_int_equal(reg(table + 12, 4), 1);		/* masked at first */
	config_set(d.slot, cap + 2, 2, 0x8000);
	start(&d, 0, 0);
	reg_set(d.common + 26, 2, 1);
	assert_int_equal(reg(d.common + 26, 2), 1);
	reg_set(d.common + 16, 2, 5);
	assert_int_equal(reg(d.common + 16, 2), 0xffff);	/* no such vector */
	assert_int_equal(blk(&d, 0, 0, 512), 0);
	while (!reg(table + 32, 4))
		usleep(1000);
	assert_int_equal(reg(table + 32, 4), 2);		/* pending */
	reg_set(table + 16 + 12, 4, 0);
	assert_int_equal(reg(table + 32, 4), 0);		/* sent */
	assert_int_equal(reg(d.isr, 1), 0);
	config_set(d.slot, cap + 2, 2, 0);
	reg_set(d.common + 20, 1, 0);
}

/* Rings, descriptors and registers full of anything. */
static void fuzz(void **state)
{
	static const uint64_t values[] = {
		0, 1, 2, 7, 8, 9, 0xffff, HEADER, DATA, MEMORY - 1, MEMORY,
		0xffffffff, 0x100000000, ~0ull, ~0ull - 15,
	};
	uint32_t i, j, k, broken = 0;

	(void)state;
	print_message("seed %u\n", seed);
	for (i = 0; i < 3000; i++) {
		struct virtio_dev *dev = vm.virtio[next(vm.nr_virtio)];
		struct driver d;

		find(&d, (uint16_t)(0x1040 + dev->type->id));
		d.common = dev->pci.bar_gpa ? dev->pci.bar_gpa : d.common;
		start(&d, next(dev->type->nr_queues), 0);
		for (j = 0; j < 8; j++)
			desc(0, j, values[next(15)], (uint32_t)values[next(15)], (uint16_t)next(5), (uint16_t)next(9));
		for (j = next(3); j; j--)
			memcpy(vm.mem + AVAIL + next(24), &values[next(15)], 2);
		for (j = next(4); j; j--)
			reg_set(d.common + next(56), 1u << next(4), values[next(15)]);
		*(uint16_t *)(void *)(vm.mem + AVAIL + 2) = (uint16_t)next(12);
		for (k = 0; k < 2; k++) {
			pthread_mutex_lock(&dev->pci.lock);
			if (dev->status & VIRTIO_STATUS_DRIVER_OK)
				broken += dev->type->process(dev) != 0;
			pthread_mutex_unlock(&dev->pci.lock);
			virtio_console_input(&vm, (const uint8_t *)"input", 5);
		}
		reg_set(d.common + 20, 1, 0);
	}
	assert_in_range(broken, 100, 5900);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_space), cmocka_unit_test(disk_requests),
		cmocka_unit_test(read_only_disk), cmocka_unit_test(features),
		cmocka_unit_test(random_bytes), cmocka_unit_test(console),
		cmocka_unit_test(breaches), cmocka_unit_test(msix),
		cmocka_unit_test(fuzz),
	};

	seed = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 20260101u;
	return cmocka_run_group_tests(tests, setup, teardown);
}

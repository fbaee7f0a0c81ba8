// SPDX-License-Identifier: Apache-2.0
/*
 * The fields of a VM description, as tables.
 * Source: Cloud Hypervisor, vmm/src/vm_config.rs (names and kinds).
 */
#include "config.h"

#define CFG(member)	offsetof(struct vm_config, member)
#define ABSENT(n)	{ .name = n, .kind = FIELD_ABSENT }
#define END		{ .name = NULL }

static const struct field cpus[] = {
	{ .name = "boot_vcpus", .kind = FIELD_U32, .at = CFG(boot_vcpus),
	  .min = 1, .max = VMM_MAX_VCPUS },
	{ .name = "max_vcpus", .kind = FIELD_U32, .at = CFG(max_vcpus),
	  .min = 1, .max = VMM_MAX_VCPUS },
	ABSENT("topology"), ABSENT("kvm_hyperv"), ABSENT("max_phys_bits"),
	ABSENT("affinity"), ABSENT("features"), ABSENT("nested"), END,
};

static const struct field memory[] = {
	{ .name = "size", .kind = FIELD_U64, .at = CFG(memory_bytes),
	  .min = 2u << 20, .max = 1ull << 40 },
	ABSENT("mergeable"), ABSENT("hotplug_size"), ABSENT("hotplugged_size"),
	ABSENT("shared"), ABSENT("hugepages"), ABSENT("hugepage_size"),
	ABSENT("prefault"), ABSENT("zones"), ABSENT("thp"), END,
};

static const struct field modules[] = {
	{ .name = "", .kind = FIELD_TEXT,
	  .at = offsetof(struct text_config, text) },
	END,
};

static const struct field payload[] = {
	{ .name = "kernel", .kind = FIELD_TEXT, .at = CFG(kernel) },
	{ .name = "initramfs", .kind = FIELD_TEXT, .at = CFG(initramfs) },
	{ .name = "cmdline", .kind = FIELD_TEXT, .at = CFG(cmdline) },
	{ .name = "modules", .kind = FIELD_LIST, .at = CFG(modules),
	  .max = VMM_MAX_MODULES, .sub = modules,
	  .bytes = sizeof(struct text_config), .count = CFG(nr_modules) },
	ABSENT("firmware"), ABSENT("igvm"), ABSENT("host_data"), END,
};

static const struct field disk[] = {
	{ .name = "path", .kind = FIELD_TEXT,
	  .at = offsetof(struct disk_config, path) },
	{ .name = "readonly", .kind = FIELD_BOOL,
	  .at = offsetof(struct disk_config, readonly) },
	{ .name = "serial", .kind = FIELD_TEXT,
	  .at = offsetof(struct disk_config, serial) },
	{ .name = "num_queues", .kind = FIELD_FIXED, .min = 1 },
	{ .name = "queue_size", .kind = FIELD_FIXED, .min = 128 },
	ABSENT("direct"), ABSENT("iommu"), ABSENT("vhost_user"),
	ABSENT("vhost_socket"), ABSENT("rate_limiter_config"),
	ABSENT("rate_limit_group"), ABSENT("id"), ABSENT("disable_io_uring"),
	ABSENT("disable_aio"), ABSENT("pci_segment"),
	ABSENT("queue_affinity"), END,
};

static const struct field console[] = {
	{ .name = "mode", .kind = FIELD_MODE,
	  .at = offsetof(struct console_config, mode) },
	{ .name = "file", .kind = FIELD_TEXT,
	  .at = offsetof(struct console_config, file) },
	ABSENT("iommu"), ABSENT("socket"), END,
};

static const struct field rng[] = {
	{ .name = "src", .kind = FIELD_TEXT, .at = CFG(rng_src) },
	ABSENT("iommu"), END,
};

const struct field config_fields[] = {
	{ .name = "cpus", .kind = FIELD_OBJECT, .sub = cpus },
	{ .name = "memory", .kind = FIELD_OBJECT, .sub = memory },
	{ .name = "payload", .kind = FIELD_OBJECT, .sub = payload },
	{ .name = "disks", .kind = FIELD_LIST, .at = CFG(disks),
	  .max = VMM_MAX_DISKS, .sub = disk,
	  .bytes = sizeof(struct disk_config), .count = CFG(nr_disks) },
	{ .name = "serial", .kind = FIELD_OBJECT, .at = CFG(serial),
	  .sub = console },
	{ .name = "console", .kind = FIELD_OBJECT, .at = CFG(console),
	  .sub = console },
	{ .name = "rng", .kind = FIELD_OBJECT, .sub = rng,
	  .flag = CFG(has_rng) },
	{ .name = "testdev", .kind = FIELD_BOOL, .at = CFG(testdev) },
	ABSENT("rate_limit_groups"), ABSENT("net"), ABSENT("balloon"),
	ABSENT("fs"), ABSENT("pmem"), ABSENT("debug_console"),
	ABSENT("devices"), ABSENT("user_devices"), ABSENT("vdpa"),
	ABSENT("vsock"), ABSENT("pvpanic"), ABSENT("iommu"), ABSENT("numa"),
	ABSENT("watchdog"), ABSENT("pci_segments"), ABSENT("platform"),
	ABSENT("tpm"), ABSENT("sgx_epc"), ABSENT("landlock_enable"),
	ABSENT("landlock_rules"), END,
};

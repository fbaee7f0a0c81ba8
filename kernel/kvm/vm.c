/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.c - /dev/kvm and the VM descriptor
 *
 * Commands in tables: number, size of the argument structure, handler. What no
 * table knows goes to the architecture; -ENOTTY is Linux's answer for the rest.
 */
#include "priv.h"
#include <socle/clock.h>
#include <socle/cpu.h>

#define VCPU_MMAP_PAGES 3u

struct neutral_cap { u64 cap; int value; };
static const struct neutral_cap caps[] = {
	{ KVM_CAP_USER_MEMORY, 1 },
	{ KVM_CAP_DESTROY_MEMORY_REGION_WORKS, 1 },
	{ KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, 1 },
	{ KVM_CAP_READONLY_MEM, 1 },
	{ KVM_CAP_IMMEDIATE_EXIT, 1 },
	{ KVM_CAP_CHECK_EXTENSION_VM, 1 },
	{ KVM_CAP_MP_STATE, 1 },
	{ KVM_CAP_NR_MEMSLOTS, KVM_MAX_SLOTS },
	{ KVM_CAP_MAX_VCPUS, KVM_MAX_VCPU },
	{ KVM_CAP_MAX_VCPU_ID, KVM_MAX_VCPU },
	{ KVM_CAP_IRQFD, 1 },
	{ KVM_CAP_IRQFD_RESAMPLE, 1 },
	{ KVM_CAP_IOEVENTFD, 1 },
	{ KVM_CAP_IOEVENTFD_NO_LENGTH, 1 },
	{ KVM_CAP_IOEVENTFD_ANY_LENGTH, 1 },
	{ KVM_CAP_COALESCED_MMIO, KVM_COALESCED_MMIO_PAGE_OFFSET },
	{ KVM_CAP_COALESCED_PIO, 1 },
};

u64 kvm_vcpu_mmap_bytes(void)
{
	return VCPU_MMAP_PAGES * PAGE_SIZE;
}

int kvm_check_extension(struct kvm *kvm, u64 cap)
{
	int value = arch_check_extension(kvm, cap);

	if (value >= 0)
		return value;
	if (cap == KVM_CAP_NR_VCPUS)
		return (int)cpu_nr_online();
	for (u32 i = 0; i < ARRAY_SIZE(caps); i++)
		if (caps[i].cap == cap)
			return caps[i].value;
	return 0;
}

static void vm_free(struct kvm *kvm)
{
	kvm_stat_del(kvm);
	kvm_s2_stop(kvm);		/* first: it walks the vCPUs */
	kvm_bus_destroy(kvm);		/* devices stop: nothing interrupts vCPUs any more */
	kvm_vcpus_destroy(kvm);
	arch_vm_destroy(kvm);
	kvm_routing_destroy(kvm);
	kvm_s2_destroy(kvm);
	kvm_coalesced_destroy(kvm);
	kvm_slots_destroy(kvm);
	kfree(kvm);
}

void kvm_put(struct kvm *kvm)
{
	if (!__atomic_sub_fetch(&kvm->refs, 1, __ATOMIC_ACQ_REL))
		vm_free(kvm);
}

static long set_region(struct kvm *kvm, void *arg)
{
	return kvm_set_memory_region(kvm, arg);
}

static long dirty_log(struct kvm *kvm, void *arg)
{
	return kvm_get_dirty_log(kvm, arg);
}

static long irqfd(struct kvm *kvm, void *arg)
{
	return kvm_irqfd(kvm, arg);
}

static long ioeventfd(struct kvm *kvm, void *arg)
{
	return kvm_ioeventfd(kvm, arg);
}

static long coalesced_register(struct kvm *kvm, void *arg)
{
	return kvm_coalesced_register(kvm, arg);
}

static long coalesced_unregister(struct kvm *kvm, void *arg)
{
	return kvm_coalesced_unregister(kvm, arg);
}

#define VM_ARG_BYTES 64u
struct vm_cmd { u32 cmd; u32 bytes; long (*fn)(struct kvm *kvm, void *arg); };
static const struct vm_cmd vm_cmds[] = {
	{ (u32)KVM_SET_USER_MEMORY_REGION, sizeof(struct kvm_userspace_memory_region), set_region },
	{ (u32)KVM_GET_DIRTY_LOG, sizeof(struct kvm_dirty_log), dirty_log },
	{ (u32)KVM_IRQFD, sizeof(struct kvm_irqfd), irqfd },
	{ (u32)KVM_IOEVENTFD, sizeof(struct kvm_ioeventfd), ioeventfd },
	{ (u32)KVM_REGISTER_COALESCED_MMIO, sizeof(struct kvm_coalesced_mmio_zone), coalesced_register },
	{ (u32)KVM_UNREGISTER_COALESCED_MMIO, sizeof(struct kvm_coalesced_mmio_zone), coalesced_unregister },
};

static long vm_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct kvm *kvm = f->priv;
	u64 buf[VM_ARG_BYTES / sizeof(u64)];

	if (kvm->proc != proc_current())
		return -EIO;
	if (cmd == (u32)KVM_CREATE_VCPU)
		return arg >= KVM_MAX_VCPU ? -EINVAL : kvm_create_vcpu(kvm, (u32)arg);
	if (cmd == (u32)KVM_CHECK_EXTENSION)
		return kvm_check_extension(kvm, arg);
	for (u32 i = 0; i < ARRAY_SIZE(vm_cmds); i++) {
		if (vm_cmds[i].cmd != cmd)
			continue;
		if (copy_from_app(buf, arg, vm_cmds[i].bytes))
			return -EFAULT;
		return vm_cmds[i].fn(kvm, buf);
	}
	return arch_vm_ioctl(kvm, cmd, arg);
}

static void vm_release(struct file *f)
{
	kvm_irqfd_destroy(f->priv);
	kvm_put(f->priv);
}

static const struct file_ops vm_ops = { .name = "kvm-vm", .ioctl = vm_ioctl, .release = vm_release };

static struct kvm *vm_alloc(u64 type, long *err)
{
	struct kvm *kvm = kmalloc(sizeof(*kvm));

	*err = -ENOMEM;
	if (!kvm)
		return NULL;
	kvm->refs = 1;
	kvm->proc = proc_current();
	mutex_init(&kvm->lock);
	mutex_init(&kvm->slots_lock);
	mutex_init(&kvm->irqfd_lock);
	list_init(&kvm->irqfds);
	list_init(&kvm->ioeventfds);
	list_init(&kvm->coalesced_zones);
	if (kvm_slots_init(kvm))
		goto fail;
	if (kvm_coalesced_init(kvm))
		goto fail_slots;
	if (kvm_bus_init(kvm))
		goto fail_ring;
	*err = kvm_s2_init(kvm);
	if (*err)
		goto fail_bus;
	*err = arch_vm_init(kvm, type);
	if (!*err) {
		kvm_stat_add(kvm);
		return kvm;
	}
	kvm_s2_stop(kvm);
	kvm_s2_destroy(kvm);
fail_bus:
	kvm_bus_destroy(kvm);
fail_ring:
	kvm_coalesced_destroy(kvm);
fail_slots:
	kvm_slots_destroy(kvm);
fail:
	kfree(kvm);
	return NULL;
}

long kvm_create_vm(u64 type)
{
	struct kvm *kvm;
	struct file *f;
	long err;
	int fd;

	clock_freeze();			/* the VM is told a frequency */
	kvm = vm_alloc(type, &err);
	if (!kvm)
		return err;
	f = file_create(&vm_ops, kvm, 2);	/* O_RDWR */
	if (!f) {
		kvm_put(kvm);
		return -ENOMEM;
	}
	fd = fd_install(f, true);
	if (fd < 0)
		file_put(f);
	return fd;
}

static long dev_ioctl(struct file *f, u32 cmd, u64 arg)
{
	(void)f;
	switch (cmd) {
	case (u32)KVM_GET_API_VERSION:
		return arg ? -EINVAL : KVM_API_VERSION;
	case (u32)KVM_CREATE_VM:
		return kvm_create_vm(arg);
	case (u32)KVM_CHECK_EXTENSION:
		return kvm_check_extension(NULL, arg);
	case (u32)KVM_GET_VCPU_MMAP_SIZE:
		return arg ? -EINVAL : (long)kvm_vcpu_mmap_bytes();
	default:
		return arch_dev_ioctl(cmd, arg);
	}
}

static const struct file_ops dev_ops = { .name = "kvm", .stat_mode = 0020600 /* S_IFCHR */, .ioctl = dev_ioctl };

static int dev_open(struct file **out, u32 flags)
{
	*out = file_create(&dev_ops, NULL, flags);
	return *out ? 0 : -ENOMEM;
}

static struct chardev kvm_dev = { .path = "/dev/kvm", .open = dev_open };

int kvm_init(void)
{
	int err = arch_kvm_init();

	if (err)
		return err;
	chardev_register(&kvm_dev);
	return 0;
}

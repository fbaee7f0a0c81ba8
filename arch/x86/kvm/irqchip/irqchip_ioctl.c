// SPDX-License-Identifier: Apache-2.0
/*
 * irqchip_ioctl.c - the chips' commands, in tables
 *
 * Errors and their order are Linux's.
 */
#include "chips.h"
#include "../vcpu.h"

/* --- creation --- */
static int create_chips(struct kvm *kvm)
{
	int err = apic_map_create(kvm);

	if (err)
		return err;
	err = pic_create(kvm);
	if (err)
		goto drop_map;
	err = ioapic_create(kvm);
	if (err)
		goto drop_pic;
	err = kvm_set_default_routing(kvm);
	if (!err)
		return 0;
	ioapic_remove(kvm);
drop_pic:
	pic_remove(kvm);
drop_map:
	apic_map_destroy(kvm);
	return err;
}

static long create_irqchip(struct kvm *kvm, void *arg)
{
	long err = -EEXIST;

	(void)arg;
	mutex_lock(&kvm->lock);
	if (!kvm->arch.irqchip)
		err = kvm_has_vcpus(kvm) ? -EINVAL : create_chips(kvm);
	if (!err)
		__atomic_store_n(&kvm->arch.irqchip, true, __ATOMIC_RELEASE);
	mutex_unlock(&kvm->lock);
	return err;
}

static long make_pit(struct kvm *kvm, u32 flags)
{
	long err = -EEXIST;

	mutex_lock(&kvm->lock);
	if (!kvm->arch.pit)
		err = kvm->arch.pic ? pit_create(kvm, flags) : -ENOENT;
	mutex_unlock(&kvm->lock);
	return err;
}

static long create_pit(struct kvm *kvm, void *arg)
{
	(void)arg;
	return make_pit(kvm, KVM_PIT_SPEAKER_DUMMY);
}

static long create_pit2(struct kvm *kvm, void *arg)
{
	return make_pit(kvm, ((const struct kvm_pit_config *)arg)->flags);
}

static long set_boot_cpu(struct kvm *kvm, u64 id)
{
	long err = -EBUSY;

	mutex_lock(&kvm->lock);
	if (!kvm_has_vcpus(kvm)) {
		err = id > KVM_MAX_VCPU ? -EINVAL : 0;
		if (!err)
			kvm->arch.bsp_id = (u32)id;
	}
	mutex_unlock(&kvm->lock);
	return err;
}

/* --- lines, messages, state --- */
static long irq_line(struct kvm *kvm, void *arg)
{
	struct kvm_irq_level *l = arg;

	if (!kvm->arch.irqchip)
		return -ENXIO;
	l->status = kvm_set_irq(kvm, l->irq, (int)l->level);
	return 0;
}

static long signal_msi(struct kvm *kvm, void *arg)
{
	return kvm_send_msi(kvm, arg);
}

static long get_irqchip(struct kvm *kvm, void *arg)
{
	struct kvm_irqchip *c = arg;

	if (!kvm->arch.ioapic)
		return -ENXIO;
	memset(&c->chip, 0, sizeof(c->chip));
	if (c->chip_id == KVM_IRQCHIP_IOAPIC)
		ioapic_get_state(kvm, &c->chip.ioapic);
	else if (c->chip_id < KVM_IRQCHIP_IOAPIC)
		pic_get_state(kvm, c->chip_id, &c->chip.pic);
	else
		return -EINVAL;
	return 0;
}

static long set_irqchip(struct kvm *kvm, void *arg)
{
	const struct kvm_irqchip *c = arg;

	if (!kvm->arch.ioapic)
		return -ENXIO;
	if (c->chip_id == KVM_IRQCHIP_IOAPIC)
		ioapic_set_state(kvm, &c->chip.ioapic);
	else if (c->chip_id < KVM_IRQCHIP_IOAPIC)
		pic_set_state(kvm, c->chip_id, &c->chip.pic);
	else
		return -EINVAL;
	return 0;
}

static long get_pit2(struct kvm *kvm, void *arg)
{
	if (!kvm->arch.pit)
		return -ENXIO;
	memset(arg, 0, sizeof(struct kvm_pit_state2));
	pit_get_state(kvm, arg);
	return 0;
}

static long set_pit2(struct kvm *kvm, void *arg)
{
	if (!kvm->arch.pit)
		return -ENXIO;
	pit_set_state(kvm, arg);
	return 0;
}

/* The older pair has no flags. */
static long get_pit(struct kvm *kvm, void *arg)
{
	struct kvm_pit_state2 s;

	if (!kvm->arch.pit)
		return -ENXIO;
	pit_get_state(kvm, &s);
	memcpy(arg, s.channels, sizeof(s.channels));
	return 0;
}

static long set_pit(struct kvm *kvm, void *arg)
{
	struct kvm_pit_state2 s = { 0 };

	if (!kvm->arch.pit)
		return -ENXIO;
	memcpy(s.channels, arg, sizeof(s.channels));
	s.flags = pit_flags(kvm);
	pit_set_state(kvm, &s);
	return 0;
}

static long reinject_control(struct kvm *kvm, void *arg)
{
	if (!kvm->arch.pit)
		return -ENXIO;
	pit_set_reinject(kvm, ((const struct kvm_reinject_control *)arg)->pit_reinject);
	return 0;
}

static long set_gsi_routing(struct kvm *kvm, u64 app)
{
	struct kvm_irq_routing_entry *e;
	struct kvm_irq_routing head;
	long err = -EFAULT;

	if (copy_from_app(&head, app, sizeof(head)))
		return -EFAULT;
	if (!kvm->arch.irqchip || head.nr > KVM_MAX_ROUTES || head.flags)
		return -EINVAL;
	e = kmalloc(MAX(head.nr, 1u) * sizeof(*e));
	if (!e)
		return -ENOMEM;
	if (!head.nr || !copy_from_app(e, app + sizeof(head), head.nr * sizeof(*e)))
		err = kvm_set_routing(kvm, e, head.nr);
	kfree(e);
	return err;
}

struct chip_cmd { u32 cmd; u16 bytes; bool in, out; long (*fn)(struct kvm *kvm, void *arg); };
#define IN(cmd, type, fn) { (u32)(cmd), sizeof(type), true, false, fn }
#define OUT(cmd, type, fn) { (u32)(cmd), sizeof(type), false, true, fn }
#define INOUT(cmd, type, fn) { (u32)(cmd), sizeof(type), true, true, fn }
static const struct chip_cmd cmds[] = {
	IN(KVM_IRQ_LINE, struct kvm_irq_level, irq_line),
	INOUT(KVM_IRQ_LINE_STATUS, struct kvm_irq_level, irq_line),
	IN(KVM_SIGNAL_MSI, struct kvm_msi, signal_msi),
	{ (u32)KVM_CREATE_IRQCHIP, 0, false, false, create_irqchip },
	{ (u32)KVM_CREATE_PIT, 0, false, false, create_pit },
	IN(KVM_CREATE_PIT2, struct kvm_pit_config, create_pit2),
	INOUT(KVM_GET_IRQCHIP, struct kvm_irqchip, get_irqchip),
	IN(KVM_SET_IRQCHIP, struct kvm_irqchip, set_irqchip),
	OUT(KVM_GET_PIT, struct kvm_pit_state, get_pit), IN(KVM_SET_PIT, struct kvm_pit_state, set_pit),
	OUT(KVM_GET_PIT2, struct kvm_pit_state2, get_pit2), IN(KVM_SET_PIT2, struct kvm_pit_state2, set_pit2),
	IN(KVM_REINJECT_CONTROL, struct kvm_reinject_control, reinject_control),
};

union chip_arg {
	struct kvm_irq_level line;
	struct kvm_msi msi;
	struct kvm_pit_config config;
	struct kvm_irqchip chip;
	struct kvm_pit_state2 pit;
	struct kvm_reinject_control reinject;
};

static long run_cmd(struct kvm *kvm, const struct chip_cmd *c, u64 app)
{
	union chip_arg a;
	long err;

	if (c->in && copy_from_app(&a, app, c->bytes))
		return -EFAULT;
	err = c->fn(kvm, &a);
	if (err >= 0 && c->out && copy_to_app(app, &a, c->bytes))
		return -EFAULT;
	return err;
}

/* KVM_REINJECT_CONTROL is numbered as if it had no argument; it reads one all the same. */
long kvm_irqchip_vm_ioctl(struct kvm *kvm, u32 cmd, u64 arg)
{
	for (u32 i = 0; i < ARRAY_SIZE(cmds); i++)
		if (cmds[i].cmd == cmd)
			return run_cmd(kvm, &cmds[i], arg);
	if (cmd == (u32)KVM_SET_BOOT_CPU_ID)
		return set_boot_cpu(kvm, arg);
	if (cmd == (u32)KVM_SET_GSI_ROUTING)
		return set_gsi_routing(kvm, arg);
	return -ENOTTY;
}

static long get_lapic(struct kvm_vcpu *v, struct kvm_lapic_state *s, u64 app)
{
	lapic_get_state(v->arch.lapic, s);
	return copy_to_app(app, s, sizeof(*s)) ? -EFAULT : 0;
}

static long set_lapic(struct kvm_vcpu *v, struct kvm_lapic_state *s, u64 app)
{
	if (copy_from_app(s, app, sizeof(*s)))
		return -EFAULT;
	return lapic_set_state(v->arch.lapic, s);
}

long kvm_irqchip_vcpu_ioctl(struct kvm_vcpu *v, u32 cmd, u64 arg)
{
	bool get = cmd == (u32)KVM_GET_LAPIC;
	struct kvm_lapic_state s;

	if (!get && cmd != (u32)KVM_SET_LAPIC)
		return -ENOTTY;
	if (!v->arch.lapic)
		return -EINVAL;
	return get ? get_lapic(v, &s, arg) : set_lapic(v, &s, arg);
}

/* --- KVM_ENABLE_CAP --- */
long kvm_irqchip_enable_split(struct kvm *kvm, u64 arg)
{
	long err = -EEXIST;

	if (arg > KVM_MAX_ROUTES)
		return -EINVAL;
	mutex_lock(&kvm->lock);
	if (!kvm->arch.irqchip && !kvm_has_vcpus(kvm))
		err = apic_map_create(kvm);
	if (!err) {
		kvm->arch.irqchip_split = true;
		kvm->arch.ioapic_pins = (u32)arg;
		__atomic_store_n(&kvm->arch.irqchip, true, __ATOMIC_RELEASE);
	}
	mutex_unlock(&kvm->lock);
	return err;
}

long kvm_irqchip_x2apic_api(struct kvm *kvm, u64 arg)
{
	if (arg & ~(KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK))
		return -EINVAL;
	if (arg & KVM_X2APIC_API_USE_32BIT_IDS)
		kvm->arch.x2apic_format = true;
	if (arg & KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK)
		kvm->arch.x2apic_quirk_off = true;
	return 0;
}

/* The largest count and divisor must still fit into nanoseconds. */
long kvm_irqchip_bus_cycles(struct kvm *kvm, u64 arg)
{
	long err = 0;

	if (!arg || arg > ~0ull / (0xffffffffull * 128))
		return -EINVAL;
	mutex_lock(&kvm->lock);
	if (!kvm->arch.irqchip)
		err = -ENXIO;
	else if (kvm_has_vcpus(kvm))
		err = -EINVAL;
	else
		kvm->arch.apic_bus_ns = arg;
	mutex_unlock(&kvm->lock);
	return err;
}

void kvm_irqchip_destroy(struct kvm *kvm)
{
	pit_destroy(kvm);
	ioapic_destroy(kvm);
	pic_destroy(kvm);
	apic_map_destroy(kvm);
}

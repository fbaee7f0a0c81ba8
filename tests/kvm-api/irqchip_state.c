/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irqchip_state.c - the state of every interrupt chip, read, set and read back
 */
#include "kt.h"

static struct kt_vm vm;
static struct kt_vcpu v;

static void pic(uint32_t id)
{
	struct kvm_irqchip c = { .chip_id = id };
	struct kvm_pic_state *p = &c.chip.pic, want;

	kt_show("KVM_GET_IRQCHIP", ioctl(vm.fd, KVM_GET_IRQCHIP, &c));
	printf("PIC %u after creation: irr %x imr %x isr %x base %x elcr %x\n", id, p->irr, p->imr, p->isr, p->irq_base,
	       p->elcr);
	p->imr = 0xa5;
	p->irq_base = (uint8_t)(0x20 + id * 8);
	p->isr = 4;
	p->elcr = 0x28;
	want = *p;
	kt_show("KVM_SET_IRQCHIP", ioctl(vm.fd, KVM_SET_IRQCHIP, &c));
	memset(p, 0, sizeof(*p));
	KT_MUST(ioctl(vm.fd, KVM_GET_IRQCHIP, &c));
	printf("imr %x base %x isr %x elcr %x: %s\n", p->imr, p->irq_base, p->isr, p->elcr,
	       p->imr == want.imr && p->irq_base == want.irq_base && p->isr == want.isr ? "kept" : "lost");
}

static void ioapic(void)
{
	struct kvm_irqchip c = { .chip_id = KVM_IRQCHIP_IOAPIC };
	struct kvm_ioapic_state *p = &c.chip.ioapic;

	KT_MUST(ioctl(vm.fd, KVM_GET_IRQCHIP, &c));
	printf("IOAPIC after creation: base %lx id %x irr %x pin 0 %lx pin 23 %lx\n", (unsigned long)p->base_address,
	       p->id, p->irr, (unsigned long)p->redirtbl[0].bits, (unsigned long)p->redirtbl[23].bits);
	p->ioregsel = 5;
	p->redirtbl[4].bits = 0x0100000000010031ull;
	p->redirtbl[23].bits = 0x000000000001a042ull;
	kt_show("KVM_SET_IRQCHIP", ioctl(vm.fd, KVM_SET_IRQCHIP, &c));
	memset(&c.chip, 0, sizeof(c.chip));
	KT_MUST(ioctl(vm.fd, KVM_GET_IRQCHIP, &c));
	printf("select %x pin 4 %lx pin 23 %lx\n", p->ioregsel, (unsigned long)p->redirtbl[4].bits,
	       (unsigned long)p->redirtbl[23].bits);
}

static uint32_t reg(const struct kvm_lapic_state *s, uint32_t at)
{
	uint32_t val;

	memcpy(&val, s->regs + at, 4);
	return val;
}

static void reg_set(struct kvm_lapic_state *s, uint32_t at, uint32_t val)
{
	memcpy(s->regs + at, &val, 4);
}

static void lapic(void)
{
	static const uint32_t shown[] = { 0x20, 0x30, 0x80, 0xd0, 0xe0, 0xf0, 0x320, 0x350, 0x360, 0x370, 0x380, 0x3e0 };
	struct kvm_lapic_state s;

	kt_show("KVM_GET_LAPIC", ioctl(v.fd, KVM_GET_LAPIC, &s));
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		printf("APIC register %x: %x\n", shown[i], reg(&s, shown[i]));
	reg_set(&s, 0x80, 0x30);
	reg_set(&s, 0xf0, 0x1ff);
	reg_set(&s, 0x320, 0x200ee);
	reg_set(&s, 0x210, 1u << 17);		/* vector 0x31 waits */
	reg_set(&s, 0x120, 1u << 3);		/* vector 0x43 in service */
	reg_set(&s, 0x3e0, 0xb);
	kt_show("KVM_SET_LAPIC", ioctl(v.fd, KVM_SET_LAPIC, &s));
	memset(&s, 0, sizeof(s));
	KT_MUST(ioctl(v.fd, KVM_GET_LAPIC, &s));
	printf("TPR %x PPR %x SPIV %x LVTT %x IRR %x ISR %x TDCR %x\n", reg(&s, 0x80), reg(&s, 0xa0), reg(&s, 0xf0),
	       reg(&s, 0x320), reg(&s, 0x210), reg(&s, 0x120), reg(&s, 0x3e0));
}

static void pit(void)
{
	struct kvm_pit_config cfg = { .flags = KVM_PIT_SPEAKER_DUMMY };
	struct kvm_pit_state2 s;

	kt_show("KVM_GET_PIT2 without one", ioctl(vm.fd, KVM_GET_PIT2, &s));
	kt_show("KVM_CREATE_PIT2", ioctl(vm.fd, KVM_CREATE_PIT2, &cfg));
	kt_show("KVM_CREATE_PIT2 again", ioctl(vm.fd, KVM_CREATE_PIT2, &cfg));
	kt_show("KVM_GET_PIT2", ioctl(vm.fd, KVM_GET_PIT2, &s));
	printf("channel 0: count %u mode %u gate %u, channel 2 gate %u\n", s.channels[0].count, s.channels[0].mode,
	       s.channels[0].gate, s.channels[2].gate);
	s.channels[2].count = 0x1234;
	s.channels[2].mode = 3;
	s.channels[2].rw_mode = 3;
	kt_show("KVM_SET_PIT2", ioctl(vm.fd, KVM_SET_PIT2, &s));
	memset(&s, 0, sizeof(s));
	KT_MUST(ioctl(vm.fd, KVM_GET_PIT2, &s));
	printf("channel 2: count %x mode %u rw %u\n", s.channels[2].count, s.channels[2].mode, s.channels[2].rw_mode);
}

static void states(void)
{
	struct kvm_mp_state mp;
	struct kt_vcpu second = kt_vcpu_create(&vm, 1);

	KT_MUST(ioctl(v.fd, KVM_GET_MP_STATE, &mp));
	printf("boot CPU state %u\n", mp.mp_state);
	KT_MUST(ioctl(second.fd, KVM_GET_MP_STATE, &mp));
	printf("second CPU state %u\n", mp.mp_state);
	mp.mp_state = KVM_MP_STATE_HALTED;
	kt_show("halt it", ioctl(second.fd, KVM_SET_MP_STATE, &mp));
	mp.mp_state = 77;
	kt_show("state 77", ioctl(second.fd, KVM_SET_MP_STATE, &mp));
	KT_MUST(ioctl(second.fd, KVM_GET_MP_STATE, &mp));
	printf("second CPU state %u\n", mp.mp_state);
	kt_vcpu_close(&second);
}

int main(void)
{
	struct kvm_irqchip c = { .chip_id = 9 };
	struct kvm_irq_level line = { .irq = 5, .level = 1 };
	struct kvm_lapic_state s;

	kt_init();
	vm = kt_vm_create(0);
	kt_show("KVM_GET_IRQCHIP without one", ioctl(vm.fd, KVM_GET_IRQCHIP, &c));
	kt_show("KVM_IRQ_LINE without one", ioctl(vm.fd, KVM_IRQ_LINE, &line));
	v = kt_vcpu_create(&vm, 0);
	kt_show("KVM_GET_LAPIC without one", ioctl(v.fd, KVM_GET_LAPIC, &s));
	kt_show("KVM_CREATE_IRQCHIP after a vCPU", ioctl(vm.fd, KVM_CREATE_IRQCHIP, 0));
	kt_vcpu_close(&v);
	kt_vm_close(&vm);
	vm = kt_vm_create(1);
	kt_show("KVM_CREATE_IRQCHIP again", ioctl(vm.fd, KVM_CREATE_IRQCHIP, 0));
	v = kt_vcpu_create(&vm, 0);
	kt_show("chip 9", ioctl(vm.fd, KVM_GET_IRQCHIP, &c));
	pic(KVM_IRQCHIP_PIC_MASTER);
	pic(KVM_IRQCHIP_PIC_SLAVE);
	ioapic();
	lapic();
	pit();
	states();
	return 0;
}

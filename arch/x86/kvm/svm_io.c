/* SPDX-License-Identifier: Apache-2.0 */
/*
 * svm_io.c - port accesses: in-kernel devices first, then the VMM
 *
 * EXITINFO2 holds the next RIP (AMD APM vol. 2, 15.10.2). String forms go to
 * the emulator.
 */
#include <errno.h>
#include <string.h>
#include <socle/trace.h>
#include "svm.h"

static void set_al(struct kvm_vcpu *v, u32 size, u32 val)
{
	u64 rax = v->arch.regs[REG_RAX];
	u64 mask = size == 4 ? 0 : size == 2 ? ~0xffffull : ~0xffull;

	v->arch.regs[REG_RAX] = (rax & mask) | val;
}

static int finish_in(struct kvm_vcpu *v)
{
	u32 val = 0;

	memcpy(&val, v->pio_data, v->arch.pio_size);
	set_al(v, v->arch.pio_size, val);
	trace(TRACE_kvm_pio_read, v->trace_id, v->run->io.port, val);
	return RUN_GUEST;
}

static int to_vmm(struct kvm_vcpu *v, bool in, u16 port, u32 size, const u32 *val)
{
	struct kvm_run *run = v->run;

	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = in ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT;
	run->io.size = (u8)size;
	run->io.port = port;
	run->io.count = 1;
	run->io.data_offset = PAGE_SIZE;
	v->arch.pio_size = size;
	if (in)
		v->arch.complete = finish_in;
	else
		memcpy(v->pio_data, val, size);
	v->stat_pio++;
	return RUN_USER;
}

int svm_exit_ioio(struct kvm_vcpu *v)
{
	const struct vmcb *b = vmcb_of(v);
	u64 info = b->exit_info1;
	bool in = info & IOIO_IN;
	u32 size = info >> 4 & 7, val = (u32)v->arch.regs[REG_RAX];
	u16 port = (u16)(info >> 16);

	if ((info & IOIO_STRING) || (size != 1 && size != 2 && size != 4))
		return kvm_emulate(v);
	kvm_skip_insn(v, (u32)(b->exit_info2 - v->arch.rip));
	if (!in)
		trace(TRACE_kvm_pio_write, v->trace_id, port, val);
	if (!in)
		return kvm_io_write(v, KVM_BUS_PIO, port, size, &val) ? to_vmm(v, false, port, size, &val) : RUN_GUEST;
	val = 0;
	if (kvm_io_read(v, KVM_BUS_PIO, port, size, &val))
		return to_vmm(v, true, port, size, NULL);
	set_al(v, size, val);
	trace(TRACE_kvm_pio_read, v->trace_id, port, val);
	return RUN_GUEST;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_points.h - every trace point: its number, its name, its two arguments
 *
 * Included more than once, with POINT defined to what is wanted: the numbers
 * and the decoder are this one table. Names are KVM's where KVM has the event.
 * POINT(name, first argument, its form, second argument, its form); NONE: not used.
 * Saved traces hold the numbers: new rows go to the end.
 */
#ifdef POINT
POINT(kvm_entry, "rip", HEX, "", NONE)
POINT(kvm_exit, "reason", HEX, "rip", HEX)
POINT(kvm_page_fault, "gpa", HEX, "rights", HEX)
POINT(kvm_msr_read, "msr", HEX, "data", HEX)
POINT(kvm_msr_write, "msr", HEX, "data", HEX)
POINT(kvm_cpuid, "leaf", HEX, "index", HEX)
POINT(kvm_pio_read, "port", HEX, "value", HEX)
POINT(kvm_pio_write, "port", HEX, "value", HEX)
POINT(kvm_mmio, "gpa", HEX, "write", DEC)
POINT(kvm_inj_virq, "vector", HEX, "", NONE)
POINT(kvm_inj_exception, "vector", DEC, "error", HEX)
POINT(kvm_inj_nmi, "", NONE, "", NONE)
POINT(kvm_apic_ipi, "icr", HEX, "", NONE)
POINT(kvm_set_irq, "gsi", DEC, "level", DEC)
POINT(kvm_userspace_exit, "reason", DEC, "result", DEC)
POINT(kvm_vcpu_block, "", NONE, "", NONE)
POINT(kvm_vcpu_wakeup, "ns", DEC, "", NONE)
POINT(sched_switch, "prev", DEC, "next", DEC)
#endif

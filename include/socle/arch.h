/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch.h - every function that neutral code may ask of an architecture
 */
#ifndef SOCLE_ARCH_H
#define SOCLE_ARCH_H

#include <socle/types.h>
#include <asm/cpu.h>	/* inline: arch_cpu_id, arch_thread_current, arch_irq_save/restore/enable/disable,
			 * arch_irqs_enabled, arch_cpu_relax, arch_preempt_count() -> u32 * (per CPU),
			 * arch_need_resched() -> bool * (per CPU) */

struct thread;
struct boot_info;

/* kernel/sched */
void arch_thread_init(struct thread *t, void (*entry)(void *), void *arg);
void arch_thread_free(struct thread *t);
void arch_thread_adopt(struct thread *t);	/* the context that runs becomes @t: sched_init, sched_init_ap */
/* Switches stacks; called with interrupts off. Saves and restores FS base and app FPU ownership. */
void arch_thread_switch(struct thread *prev, struct thread *next);
void arch_idle(void);				/* interrupts off on entry; halts with them on */
void arch_send_resched_ipi(u32 cpu);
void arch_send_call_ipi(u32 cpu);
u64 arch_counter(void);				/* TSC / time CSR */
bool arch_random(u64 *out);			/* false: the processor has no random numbers */
void arch_timer_program(u64 deadline_tsc);	/* one shot on this CPU; ~0 stops it; past = fire at once */
void arch_cpu_id_list_init(void);
u32 arch_node(void);				/* of the memory near this CPU */

/* kernel/mem, kernel/posix: host page tables, one address space */
#define ARCH_MAP_W	1u
#define ARCH_MAP_X	2u
#define ARCH_MAP_APP	4u	/* lower half */
/* Maps bytes (4K, 2M or 1G, aligned) at va. Table pages come from page_alloc(). 0 or -ENOMEM. */
int arch_map(u64 va, hpa_t pa, u64 bytes, u32 flags);
/* Removes 4K/2M/1G leaves in [va, va+bytes) (splitting when partly covered: -ENOMEM possible) and flushes all CPUs' TLBs. */
int arch_unmap(u64 va, u64 bytes);
void arch_flush_tlb_all(void);		/* every CPU; interrupts on */
/* Physical address behind a mapped kernel or app address. 0 or -ENOENT. */
int arch_lookup(u64 va, hpa_t *pa) __must_check;
/* Copies with fault fix-up: number of bytes NOT copied. Used by copy_from_app/copy_to_app. */
size_t arch_copy_faultable(void *dst, const void *src, size_t n);
/* Enters an app thread: sets FS base, stack, RIP; never returns. Interrupts on, kernel stack empty. */
void arch_app_enter(u64 rip, u64 rsp, u64 arg0, u64 arg1) __noreturn;
u64 arch_app_gate(void);			/* address that apps call for kernel calls */
void arch_set_app_tls(struct thread *t, u64 fsbase);

/* drivers: an interrupt vector of the host for a device, on @cpu; -ENOSPC, -EINVAL. Handlers run with interrupts off. */
struct msi_target { u64 address; u32 data; u32 vector; };
int arch_msi_alloc(u32 cpu, void (*fn)(void), struct msi_target *out) __must_check;
void arch_msi_free(const struct msi_target *t);

/* The other CPUs and the serial port's input; interrupts on. */
void arch_start_devices(void);
/* Option debug-exit: arch_poweroff(n) ends the emulator with n (isa-debug-exit at port 0xf4). */
void arch_set_debug_exit(bool on);
void arch_poweroff(int status) __noreturn;	/* debug-exit if asked, ACPI S5, else halt */
void arch_reboot(void) __noreturn;
void arch_console_write(const char *s, size_t n);	/* polled, any context; a newline gets its carriage return */
void arch_console_write_raw(const char *s, size_t n);	/* the bytes as they are */
/* Calls console_input() (kernel/posix tty) from interrupt context for each received byte. */
void console_input(u8 byte);
void arch_stop_others(void);			/* panic: by NMI, for good */
bool arch_test_nmi(void);			/* selftest: an NMI is handled and the code goes on */
void arch_backtrace(void (*emit)(u64 rip));

/* Up-calls from arch into neutral code */
/* A page fault at CPL 0 on a lower-half address, interrupts on. 0: retry; -errno: bad access. */
int mm_handle_fault(u64 va, bool write, bool exec);
/* An app instruction faulted beyond repair (vector, address): ends the process, does not return when the
 * current thread runs app code. */
void app_fault(u32 vector, u64 error, u64 rip, u64 va) __noreturn;
/* Interrupts off, about to return to app code, nothing of the kernel on the stack: does not return when the
 * thread has to leave (its process ends). */
void app_return_check(void);
/* Kernel call from the gate. Returns with interrupts off. Runs on the thread's kernel stack, interrupts on. */
long syscall_dispatch(long nr, long a, long b, long c, long d, long e, long f);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.c - the simulated machine
 *
 * A CPU always has one context: that of the thread it runs. A yield point may
 * swap to the context of another CPU. Interrupts are bits of the CPU, taken at
 * yield points with interrupts on. Time passes with the steps, and jumps to
 * the next timer when every CPU halts. When none has a timer either, all
 * threads wait for each other: a lost wake-up shows as this deadlock.
 */
#include "sim.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <sanitizer/common_interface_defs.h>
#include <socle/arch.h>
#include <socle/clock.h>
#include <socle/cpu.h>
#include <socle/fault_inject.h>
#include <socle/facts.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <socle/time.h>

#define STACK_BYTES	(128u * 1024)
#define STEP_LIMIT	3000000u

enum { IRQ_RESCHED = 1, IRQ_CALL = 2, IRQ_TIMER = 4 };

struct context {
	ucontext_t uc;
	u8 *stack;
	void (*entry)(void *);
	void *arg;
	struct context *next_free;
};

static struct cpu {
	struct context *context;	/* of the thread that it runs */
	struct thread *current;
	u32 boot_preempt_count, pending;
	bool need_resched, irqs_on, halted;
	u64 deadline;
} cpus[SIM_MAX_CPUS];

static u32 here, nr_online;
static bool running;
static ucontext_t outside;
static const void *outside_stack;
static size_t outside_bytes;
static struct context *free_contexts;
static u64 counter, steps, switch_one_in = 4;
static u64 random_state = 1, first_seed, round_now;
static u32 stalled;
static u64 stalled_until;
static const char *test_name = "?";
static void (*test_fn)(void);

/* --- random numbers: splitmix64 --- */

u64 sim_random(u64 below)
{
	u64 z = random_state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (z ^ (z >> 31)) % below;
}

void sim_round(u64 seed)
{
	random_state = seed;
	steps = 0;
	stalled_until = 0;
	switch_one_in = 1 + (2ull << sim_random(6));
}

u64 sim_steps(void) { return steps; }

void sim_fail(const char *fmt, ...)
{
	va_list ap;

	running = false;
	printf("%s: failed in round %lu, again with: SEED=%lu ROUNDS=%lu\n  ", test_name, round_now, first_seed, round_now + 1);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	_Exit(1);
}

void panic(const char *fmt, ...)
{
	va_list ap;
	char line[200];

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	sim_fail("panic: %s", line);
}

void facts_add_guest_memory(u64 bytes) { (void)bytes; }

void log_printf(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

/* --- contexts --- */

static void swap_to(ucontext_t *from, ucontext_t *to, const void *stack)
{
	void *fake;

	__sanitizer_start_switch_fiber(&fake, stack, STACK_BYTES);
	swapcontext(from, to);
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
}

static void context_main(void)
{
	struct context *c = cpus[here].context;
	const void *bottom;
	size_t bytes;

	__sanitizer_finish_switch_fiber(NULL, &bottom, &bytes);
	if (!outside_stack) {
		outside_stack = bottom;
		outside_bytes = bytes;
	}
	c->entry(c->arg);
	sim_fail("a context returned");
}

static struct context *context_alloc(void)
{
	struct context *c = free_contexts;

	if (c) {
		free_contexts = c->next_free;
		return c;
	}
	c = calloc(1, sizeof(*c));
	c->stack = malloc(STACK_BYTES);
	return c;
}

static void context_prepare(struct context *c)
{
	getcontext(&c->uc);
	c->uc.uc_stack.ss_sp = c->stack;
	c->uc.uc_stack.ss_size = STACK_BYTES;
	makecontext(&c->uc, context_main, 0);
}

static struct context *context_new(void (*entry)(void *), void *arg)
{
	struct context *c = context_alloc();

	c->entry = entry;
	c->arg = arg;
	context_prepare(c);
	return c;
}

void arch_thread_init(struct thread *t, void (*entry)(void *), void *arg)
{
	t->arch.context = context_new(entry, arg);
	t->arch.preempt_count = 1;	/* the run queue's lock, which the first switch hands over */
}

void arch_thread_free(struct thread *t)
{
	struct context *c = t->arch.context;

	c->next_free = free_contexts;
	free_contexts = c;
}

void arch_thread_adopt(struct thread *t)
{
	t->arch.context = cpus[here].context;
	t->arch.preempt_count = cpus[here].boot_preempt_count;
	cpus[here].current = t;
}

void arch_thread_switch(struct thread *prev, struct thread *next)
{
	struct context *to = next->arch.context, *from = prev->arch.context;

	SIM_ASSERT(!cpus[here].irqs_on);
	cpus[here].current = next;
	cpus[here].context = to;
	swap_to(&from->uc, &to->uc, to->stack);
}

static void go_to_cpu(u32 cpu)
{
	struct context *from = cpus[here].context, *to = cpus[cpu].context;

	if (cpu == here)
		return;
	here = cpu;
	swap_to(&from->uc, &to->uc, to->stack);
}

/* --- interrupts --- */

static bool has_work(u32 cpu)
{
	struct cpu *c = &cpus[cpu];

	if (counter >= c->deadline) {
		c->pending |= IRQ_TIMER;
		c->deadline = ~0ull;
	}
	return !c->halted || c->pending;
}

bool sim_interrupt_pending(void)
{
	(void)has_work(here);
	return cpus[here].pending != 0;
}

static void take_interrupts(void)
{
	struct cpu *c = &cpus[here];

	(void)has_work(here);
	while (c->irqs_on && c->pending) {
		u32 bit = c->pending & -c->pending;

		c->pending &= ~bit;
		c->irqs_on = false;
		if (bit == IRQ_RESCHED)
			c->need_resched = true;
		else if (bit == IRQ_CALL)
			cpu_call_handle_ipi();
		else
			timer_interrupt();
		sched_irq_exit();
		c = &cpus[here];	/* the thread may be elsewhere now */
		c->irqs_on = true;
	}
}

/* A CPU that stands still between two steps while the others do much: what a fair coin hardly ever gives. */
static void maybe_stall(void)
{
	if (steps < stalled_until || sim_random(256))
		return;
	stalled = (u32)sim_random(nr_online);
	stalled_until = steps + sim_random(1500);
}

static u32 random_cpu(void)
{
	u32 cpu = (u32)sim_random(nr_online), still = nr_online;

	for (u32 i = 0; i < nr_online; i++, cpu = (cpu + 1) % nr_online) {
		if (!has_work(cpu))
			continue;
		if (cpu != stalled || steps >= stalled_until)
			return cpu;
		still = cpu;
	}
	return still;
}

static void step(bool leave)
{
	u32 cpu;

	if (++steps > STEP_LIMIT)
		sim_fail("no end after %lu steps: threads spin for each other", steps);
	counter += 20 + sim_random(60);
	maybe_stall();
	if (!leave && (here != stalled || steps >= stalled_until) && sim_random(switch_one_in))
		return;
	cpu = random_cpu();
	if (cpu < nr_online)
		go_to_cpu(cpu);
}

void sim_yield(void)
{
	if (!running)
		return;
	take_interrupts();
	step(false);
	take_interrupts();
}

void arch_cpu_relax(void)
{
	take_interrupts();
	step(true);
	take_interrupts();
}

static u64 next_deadline(void)
{
	u64 at = ~0ull;

	for (u32 i = 0; i < nr_online; i++)
		at = MIN(at, cpus[i].deadline);
	return at;
}

void arch_idle(void)
{
	cpus[here].halted = true;
	if (!running)
		go_to_cpu(0);		/* boot: this CPU has its idle thread now */
	while (!cpus[here].pending) {
		u32 cpu = random_cpu();

		if (cpu < nr_online) {
			if (cpu == here)
				break;
			go_to_cpu(cpu);
			continue;
		}
		if (next_deadline() == ~0ull)
			sim_fail("deadlock: every CPU halts, no timer runs");
		counter = next_deadline();
	}
	cpus[here].halted = false;
	cpus[here].irqs_on = true;
	take_interrupts();
}

unsigned long arch_irq_save(void)
{
	bool on = cpus[here].irqs_on;

	cpus[here].irqs_on = false;
	return on;
}

void arch_irq_restore(unsigned long flags)
{
	cpus[here].irqs_on = flags;
	if (flags)
		sim_yield();
}

void arch_irq_enable(void) { arch_irq_restore(1); }
void arch_irq_disable(void) { cpus[here].irqs_on = false; }
bool arch_irqs_enabled(void) { return cpus[here].irqs_on; }
u32 arch_cpu_id(void) { return here; }
u32 cpu_id(void) { return here; }
u32 cpu_nr_online(void) { return nr_online; }
struct thread *arch_thread_current(void) { return cpus[here].current; }
bool *arch_need_resched(void) { return &cpus[here].need_resched; }

u32 *arch_preempt_count(void)
{
	struct cpu *c = &cpus[here];

	return c->current ? &c->current->arch.preempt_count : &c->boot_preempt_count;
}

static void send(u32 cpu, u32 bit)
{
	SIM_ASSERT(cpu < nr_online);
	cpus[cpu].pending |= bit;
}

void arch_send_resched_ipi(u32 cpu) { send(cpu, IRQ_RESCHED); }
void arch_send_call_ipi(u32 cpu) { send(cpu, IRQ_CALL); }
u64 arch_counter(void) { return counter; }
void arch_timer_program(u64 deadline) { cpus[here].deadline = deadline; }

/* --- memory: the host's, watched by the sanitizer --- */

static u64 live;

static void *get(size_t align, size_t bytes)
{
	void *p;

	if (fault_inject_hit())
		return NULL;
	if (posix_memalign(&p, align, bytes ? bytes : 1))
		sim_fail("host out of memory");
	live++;
	return memset(p, 0, bytes);
}

void *kmalloc(size_t bytes) { return get(16, bytes); }
void kfree(void *p)
{
	live -= p != NULL;
	free(p);
}
void *page_alloc(void) { return get(PAGE_SIZE, PAGE_SIZE); }
void page_free(void *page) { kfree(page); }
u64 sim_allocations(void) { return live; }

/* A physical address is the host's pointer. */
void *hpa_to_ptr(hpa_t pa) { return (void *)pa.v; }
hpa_t ptr_to_hpa(const void *p) { return HPA((u64)p); }

int phys_alloc(u64 bytes, u64 align, enum mem_owner owner, int node, u32 flags, hpa_t *out)
{
	(void)owner;
	(void)node;
	(void)flags;
	*out = ptr_to_hpa(get(align, bytes));
	return out->v ? 0 : -ENOMEM;
}

void phys_free(hpa_t pa, u64 bytes)
{
	(void)bytes;
	kfree(hpa_to_ptr(pa));
}

struct kmem_cache { size_t size, align; };

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align)
{
	struct kmem_cache *c = malloc(sizeof(*c));

	(void)name;
	*c = (struct kmem_cache){ size, align };
	return c;
}

void *kmem_cache_alloc(struct kmem_cache *c) { return get(c->align, c->size); }
void kmem_cache_free(struct kmem_cache *c, void *obj) { (void)c; kfree(obj); }
void *vmap_stack_alloc(u64 nr_pages) { (void)nr_pages; return get(16, 16); }
void vmap_stack_free(void *base, u64 nr_pages) { (void)nr_pages; kfree(base); }

/* --- boot and end --- */

static void test_thread(void *arg)
{
	(void)arg;
	test_fn();
	running = false;
	__sanitizer_start_switch_fiber(NULL, outside_stack, outside_bytes);
	setcontext(&outside);
}

static void boot_cpu(void *arg)
{
	(void)arg;
	sched_init();
	for (u32 i = 1; i < nr_online; i++)
		go_to_cpu(i);
	running = true;
	if (thread_reaper_start() || !thread_create("test", test_thread, NULL, true))
		sim_fail("no first threads");
	sched_idle();
}

static void other_cpu(void *arg)
{
	(void)arg;
	sched_init_ap();
}

void sim_run(u32 nr_cpus, void (*test)(void))
{
	volatile bool done = false;

	test_fn = test;
	nr_online = nr_cpus;
	for (u32 i = 0; i < nr_cpus; i++) {
		cpus[i].context = context_new(i ? other_cpu : boot_cpu, NULL);
		cpus[i].deadline = ~0ull;
	}
	clock_setup(1000000, 0, 0);
	here = 0;
	getcontext(&outside);
	if (done) {
		__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
		return;
	}
	done = true;
	__sanitizer_start_switch_fiber(NULL, cpus[0].context->stack, STACK_BYTES);
	setcontext(&cpus[0].context->uc);
}

/* --- scenarios --- */

void sim_sleep(u64 ns)
{
	struct waitqueue never = WAITQUEUE_INIT(never);

	(void)wait_event_deadline(&never, false, clock_ns() + ns, false);
}

static void (*round_fn)(void);
static u64 nr_rounds;

static void all_rounds(void)
{
	u64 before = 0, total = 0;

	for (round_now = 0; round_now < nr_rounds; round_now++) {
		sim_round(first_seed + round_now);
		round_fn();
		while (thread_count() > 2)
			sim_sleep(500);		/* the dead ones are freed */
		total += steps;
		if (round_now == 0)
			before = sim_allocations();
		else if (sim_allocations() != before)
			sim_fail("%lu objects before the round, %lu after", before, sim_allocations());
	}
	printf("%s: %lu interleavings, %lu steps in each on average\n", test_name, nr_rounds, total / nr_rounds);
}

int sim_main(const char *name, u32 nr_cpus, u64 rounds, void (*round)(void))
{
	const char *s = getenv("SEED"), *n = getenv("ROUNDS");

	test_name = name;
	round_fn = round;
	nr_rounds = n ? strtoull(n, NULL, 0) : getenv("CHECK") ? rounds : rounds / 100;
	first_seed = s ? strtoull(s, NULL, 0) : 20260101;
	printf("%s: seed %lu (set SEED to change)\n", name, first_seed);
	sim_run(nr_cpus, all_rounds);
	return 0;
}

struct running_job { struct sim_job job; u32 *left; struct waitqueue *wq; };

static void job_main(void *arg)
{
	struct running_job *r = arg;

	r->job.fn(r->job.arg);
	__atomic_fetch_sub(r->left, 1, __ATOMIC_SEQ_CST);
	waitqueue_wake_all(r->wq);
}

void sim_parallel(const struct sim_job *jobs, u32 nr)
{
	struct running_job r[8];
	struct waitqueue wq = WAITQUEUE_INIT(wq);
	struct thread *t[8];
	u32 left = nr, first = (u32)sim_random(nr);

	SIM_ASSERT(nr <= ARRAY_SIZE(r));
	for (u32 i = 0; i < nr; i++) {
		u32 n = (first + i) % nr;

		r[n] = (struct running_job){ jobs[n], &left, &wq };
		t[n] = thread_create("job", job_main, &r[n], true);
		SIM_ASSERT(t[n]);
	}
	wait_event(&wq, __atomic_load_n(&left, __ATOMIC_SEQ_CST) == 0);
	for (u32 i = 0; i < nr; i++) {	/* wq is ours: the last waker must have left it */
		while (READ_ONCE(t[i]->state) != THREAD_DEAD)
			sim_sleep(300);
		thread_put(t[i]);
	}
}

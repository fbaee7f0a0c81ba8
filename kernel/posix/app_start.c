/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_start.c - the app: loaded, entered, ended
 */
#include <socle/app.h>
#include <socle/boot_info.h>
#include <socle/facts.h>
#include <socle/process.h>
#include "proc.h"

#define STACK_BYTES	(8ul << 20)
#define STACK_TOP	(MM_END - PAGE_SIZE)
#define STATUS_LEAK	99
#define ARGS_MAX	4096u
#define ARGC_MAX	64u

static struct proc the_proc;
static struct uthread first_thread = { .is_static = true };

static void proc_init(struct proc *p)
{
	list_init(&p->threads);
	alarm_init(p);
	futex_init();
	(void)uthread_attach(p, thread_current(), &first_thread);	/* a new process is not ending */
}

struct proc *proc_current(void)
{
	return thread_current()->proc;
}

struct mm *proc_mm(struct proc *proc)
{
	return &proc->mm;
}

/* The app's last thread: everything it had goes back, then the machine is told. */
void proc_end(struct proc *p)
{
	int status = p->exit_status;
	struct phys_stats st;

	(void)timer_cancel(&p->alarm);
	fd_table_close_all(&p->fds);
	mm_destroy(&p->mm);
	thread_current()->proc = NULL;
	phys_get_stats(&st);
	if (st.by_owner[MEM_APP]) {
		log_error("app: %lu pages did not come back\n", st.by_owner[MEM_APP]);
		status = STATUS_LEAK;
	}
	log_notice("app: exit status %d\n", status);
	facts_report();
	arch_poweroff(status);
}

void app_fault(u32 vector, u64 error, u64 rip, u64 va)
{
	log_notice("app: exception %u, error %lx, at %lx, address %lx: ended\n", vector, error, rip, va);
	proc_exit(EXIT_BY_SIGNAL(vector == 6 ? ABI_SIGILL : ABI_SIGSEGV));
}

static int map_stack(struct mm *mm)
{
	struct map_request q = {
		.addr = STACK_TOP - STACK_BYTES, .bytes = STACK_BYTES, .prot = ABI_PROT_READ | ABI_PROT_WRITE,
		.flags = ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED, .kind = REGION_ANON,
	};
	long at = mm_map(mm, &q);

	return at < 0 ? (int)at : 0;
}

/* Words of /socle/args, or the default name; they end up in @words with NULs between. */
static u32 read_args(char *words, size_t *bytes)
{
	const struct boot_file *f = ramfs_find("/socle/args");
	u32 argc = 0;
	size_t n = 0;

	if (f) {
		const char *text = hpa_to_ptr(HPA(f->pa));

		for (u64 i = 0; i < f->size && n < ARGS_MAX - 1; i++) {
			bool space = text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r';

			if (!space)
				words[n++] = text[i];
			else if (n && words[n - 1])
				words[n++] = 0;
		}
	}
	if (!n) {
		memcpy(words, "app", 4);
		n = 4;
	}
	if (words[n - 1])
		words[n++] = 0;
	for (size_t i = 0; i < n; i++)
		argc += !words[i];
	*bytes = n;
	return MIN(argc, ARGC_MAX);
}

/* The stack's top: argument strings, argv, envp, struct app_start. Address of the latter, or 0. */
static u64 build_start(u64 gate)
{
	static char words[ARGS_MAX];
	u64 argv[ARGC_MAX + 2] = { 0 }, at = STACK_TOP, argv_at;
	struct app_start s = { .gate = gate, .stack_low = STACK_TOP - STACK_BYTES, .stack_bytes = STACK_BYTES };
	size_t bytes, n = 0;

	s.argc = read_args(words, &bytes);
	at -= ALIGN_UP(bytes, 16);
	if (copy_to_app(at, words, bytes))
		return 0;
	for (u32 i = 0; i < s.argc; i++) {
		argv[i] = at + n;
		n += strlen(words + n) + 1;
	}
	argv_at = at - sizeof(argv);
	if (copy_to_app(argv_at, argv, sizeof(argv)))
		return 0;
	s.argv = argv_at;
	s.envp = argv_at + sizeof(argv) - sizeof(u64);	/* the NULL at the end */
	at = ALIGN_DOWN(argv_at - sizeof(s), 16);
	return copy_to_app(at, &s, sizeof(s)) ? 0 : at;
}

static int open_terminal(struct proc *p)
{
	for (u32 fd = 0; fd < 3; fd++) {
		struct file *f;
		int err = dev_open("/dev/tty", ABI_O_RDWR, &f);

		if (err)
			return err;
		err = fd_table_install(&p->fds, f, 0, false);
		if (err < 0) {
			file_put(f);
			return err;
		}
	}
	return 0;
}

void app_run(const struct boot_info *bi, const void *image, u64 image_bytes)
{
	struct proc *p = &the_proc;
	const struct boot_file *f;
	u64 entry, start;
	int err;

	dev_init();
	tty_init(p);
	app_fact_init();
	err = ramfs_init(bi);
	f = ramfs_find("/socle/app.elf");
	if (f) {
		image = hpa_to_ptr(HPA(f->pa));
		image_bytes = f->size;
	}
	proc_init(p);
	fd_table_init(&p->fds);
	if (!err)
		err = mm_init(&p->mm);
	if (!err)
		err = elf_load(&p->mm, image, image_bytes, &entry);
	if (!err)
		err = map_stack(&p->mm);
	if (!err)
		err = open_terminal(p);
	start = err ? 0 : build_start(arch_app_gate());
	if (!start) {
		log_notice("app: cannot start (error %d)\n", err);
		proc_exit(127);
	}
	log_notice("app: starts\n");
	arch_app_enter(entry, start, start, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc.h - the process: one app runs at a time
 */
#ifndef POSIX_PROC_H
#define POSIX_PROC_H

#include <socle/app.h>
#include <socle/time.h>
#include "posix.h"

#define PROC_PID 1
#define EXIT_BY_SIGNAL(sig) (128 + (sig))	/* exit status, as a shell says it */

struct proc {
	struct mm mm;
	struct fd_table fds;
	spinlock_t lock;		/* what follows; taken with interrupts off, as signals come from timers */
	struct list threads;		/* thread.proc_link; each holds a reference of its thread */
	u32 nr_threads;
	int last_tid;
	u64 dead_ns;			/* CPU time of threads that left */
	bool exiting;			/* no new threads; the first exit status stands */
	int exit_status;
	/* signal.c */
	u64 sig_pending;		/* of the process, while no thread takes it */
	s32 sig_code[ABI_NSIG + 1];
	struct socle_sigaction action[ABI_NSIG + 1];
	/* alarm.c */
	struct mutex alarm_lock;
	struct timer alarm;
	u64 alarm_interval_ns;
};

/* thread.posix: what only app threads have. */
struct uthread {
	u64 app_thread;			/* struct app_thread in app memory, or 0 */
	u64 entry, stack_top, arg;
	bool is_static;			/* the first thread's */
	/* Signals, under proc->lock; thread.sig_pending and sig_blocked too. */
	u64 from_proc;			/* of thread.sig_pending: sent to the process, this thread shall take it */
	u64 real_blocked;		/* while a call has its own mask: what is blocked beside it, else 0 */
	u64 saved_mask;			/* comes back when the handlers of an interrupted call have run */
	bool restore_mask;
	s32 sig_code[ABI_NSIG + 1];
};

static inline struct uthread *uthread_of(const struct thread *t) { return t->posix; }

/* uthread.c */
/* The thread joins the process; @u becomes its. 0, or -EAGAIN: the process is ending. */
int uthread_attach(struct proc *p, struct thread *t, struct uthread *u);
long uthread_create(const struct socle_thread *st);	/* tid or -errno */
struct thread *proc_find_thread(struct proc *p, int tid);	/* with a reference, or NULL */
u64 proc_cpu_ns(struct proc *p);
/* Every thread of the process is made to leave; the first status stands. Any context. */
void proc_kill(struct proc *p, int status);
void proc_kill_locked(struct proc *p, int status);
/* The calling thread leaves its process; the last one ends it. */
void proc_leave(void) __noreturn;
void proc_end(struct proc *p) __noreturn;		/* app_start.c: nothing is left but the caller */

/* signal.c; callers hold proc->lock where the name ends in _locked */
#define SIG_BIT(sig)	BIT((sig) - 1)
#define SIG_UNBLOCKABLE	(SIG_BIT(ABI_SIGKILL) | SIG_BIT(ABI_SIGSTOP))
void signal_post_proc(struct proc *p, int sig, s32 code);		/* any context */
void signal_post_thread(struct proc *p, struct thread *t, int sig, s32 code);
void signal_set_blocked_locked(struct proc *p, struct thread *t, u64 mask);
/* Lowest pending signal of @set, taken from the thread (those of the process that nobody took, too); 0: none. */
int signal_take_locked(struct proc *p, struct thread *t, u64 set, s32 *code);
void signal_thread_left_locked(struct proc *p, struct thread *t);	/* what it did not take goes to others */
void signal_flush_locked(struct proc *p, int sig);
/* Next signal with a handler: drops what is ignored, ends the process when the default says so. 0: none. */
int signal_next_handler_locked(struct proc *p, struct thread *t, bool take, s32 *code);
/* End of a kernel call: tells libc when handlers are to run. */
void signal_boundary(void);
void signal_tell_libc(const struct thread *t, u32 pending);
/* A mask for one call of the current thread, whose old one comes back when the handlers have run. */
void signal_call_mask(u64 mask);
void signal_call_done(bool interrupted);

/* alarm.c */
void alarm_init(struct proc *p);

/* app_fact.c */
void app_fact_init(void);

/* futex.c */
void futex_init(void);
long futex_wake(u64 addr, u32 nr, u32 bitset);		/* how many were woken */

/* elf.c: maps the image; 0 or -errno after a log line. */
int elf_load(struct mm *mm, const u8 *image, u64 bytes, u64 *entry);
/* ramfs.c */
int ramfs_init(const struct boot_info *bi);	/* 0 or -ENOMEM */
const struct boot_file *ramfs_find(const char *path);
int ramfs_open(const char *path, u32 flags, struct file **out);
int ramfs_unlink(const char *path);
int ramfs_truncate(struct file *f, u64 size);	/* of a regular file */
int ramfs_next_entry(struct file *f, struct socle_dirent *out);	/* 1, 0 at the end, -ENOTDIR */
void file_stat(const struct file *f, struct socle_stat *st);	/* any file */
bool file_is_regular(const struct file *f);
/* dev.c */
int dev_open(const char *path, u32 flags, struct file **out);	/* -ENOENT: not a device */
void dev_init(void);
/* tty.c; @proc gets the terminal's signals */
void tty_init(struct proc *proc);
u32 dev_count(void);
const char *dev_path(u32 index);

#endif

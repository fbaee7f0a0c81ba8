/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc.h - the process: one app runs at a time
 */
#ifndef POSIX_PROC_H
#define POSIX_PROC_H

#include "posix.h"

#define PROC_PID 1

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
};

/* thread.posix: what only app threads have. */
struct uthread {
	u64 app_thread;			/* struct app_thread in app memory, or 0 */
	u64 entry, stack_top, arg;
	bool is_static;			/* the first thread's */
};

static inline struct uthread *uthread_of(const struct thread *t) { return t->posix; }

/* uthread.c */
/* The thread joins the process; @u becomes its. 0, or -EAGAIN: the process is ending. */
int uthread_attach(struct proc *p, struct thread *t, struct uthread *u);
struct socle_thread;
long uthread_create(const struct socle_thread *st);	/* tid or -errno */
struct thread *proc_find_thread(struct proc *p, int tid);	/* with a reference, or NULL */
u64 proc_cpu_ns(struct proc *p);
/* Every thread of the process is made to leave; the first status stands. Any context. */
void proc_kill(struct proc *p, int status);
/* The calling thread leaves its process; the last one ends it. */
void proc_leave(void) __noreturn;
void proc_end(struct proc *p) __noreturn;		/* app_start.c: nothing is left but the caller */

/* futex.c */
void futex_init(void);
long futex_wake(u64 addr, u32 nr, u32 bitset);		/* how many were woken */

/* elf.c: maps the image; 0 or -errno after a log line. */
int elf_load(struct mm *mm, const u8 *image, u64 bytes, u64 *entry);
/* ramfs.c */
void ramfs_init(const struct boot_info *bi);
const struct boot_file *ramfs_find(const char *path);
int ramfs_open(const char *path, u32 flags, struct file **out);
bool ramfs_is_dir_entry(u32 index, const struct boot_file **out);
/* dev.c */
int dev_open(const char *path, u32 flags, struct file **out);	/* -ENOENT: not a device */
void tty_init(void);
struct file *tty_file(void);
/* stat of any file; dev.c and ramfs.c fill it */
u64 file_bytes(const struct file *f);
bool file_is_regular(const struct file *f);

#endif

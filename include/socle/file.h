/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - open files and descriptors
 */
#ifndef SOCLE_FILE_H
#define SOCLE_FILE_H

#include <socle/list.h>
#include <socle/lock.h>
#include <socle/types.h>

struct file;
struct proc;

/* poll: what a waiter hangs on a file's wait source. func runs in any context. */
struct poll_hook { struct list link; void (*func)(struct poll_hook *h, u32 events); };
struct poll_head { spinlock_t lock; struct list hooks; };
void poll_head_init(struct poll_head *h);
void poll_head_notify(struct poll_head *h, u32 events);
void poll_hook_add(struct poll_head *h, struct poll_hook *k);
void poll_hook_del(struct poll_head *h, struct poll_hook *k);	/* after return func does not run */

struct file_ops {
	const char *name;
	u32 stat_mode;					/* st_mode of fstat; 0: 0600 without a type */
	/* @buf is an app address; 0.. bytes or -errno. NULL member: -EINVAL. */
	long (*read)(struct file *f, u64 buf, size_t n, u64 *pos);
	long (*write)(struct file *f, u64 buf, size_t n, u64 *pos);
	long (*ioctl)(struct file *f, u32 cmd, u64 arg);
	/* Physical page at byte offset @off of the mapping, for MAP_SHARED of device files (kvm_run). 0 or -errno. */
	int (*mmap_page)(struct file *f, u64 off, hpa_t *pa);
	u32 (*poll)(struct file *f, struct poll_head **head);	/* ready POLL* bits now */
	void (*release)(struct file *f);		/* last reference went */
};

struct file {
	const struct file_ops *ops;
	void *priv;
	u32 refs;
	u32 flags;		/* O_NONBLOCK ... Linux numbers */
	u64 pos;
};

struct file *file_create(const struct file_ops *ops, void *priv, u32 flags);	/* one reference; NULL: no memory */
struct file *file_get(struct file *f);
void file_put(struct file *f);
/* Descriptor table of the current process. */
int fd_install(struct file *f, bool cloexec);		/* consumes no reference on error; -EMFILE, -ENOMEM */
struct file *fd_get(int fd);				/* with a reference; NULL: bad descriptor */
struct proc *proc_current(void);

/* Device nodes: open("/dev/kvm") calls open(). Registered at init. */
struct chardev { const char *path; int (*open)(struct file **out, u32 flags); struct list link; };
void chardev_register(struct chardev *d);

/* eventfd for irqfd and ioeventfd */
struct eventfd;
int eventfd_from_fd(int fd, struct eventfd **out);	/* a reference; -EBADF, -EINVAL: not an eventfd */
void eventfd_put(struct eventfd *e);
void eventfd_signal(struct eventfd *e, u64 n);		/* any context */
/* Takes the counter to zero; true if it was not. Any context. */
bool eventfd_consume(struct eventfd *e, u64 *count);
struct poll_head *eventfd_poll_head(struct eventfd *e);

#endif

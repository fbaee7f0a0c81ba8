// SPDX-License-Identifier: Apache-2.0
/*
 * poll.c - waits for events of several files
 *
 * A hook on each file's poll head wakes the caller, who then asks all files
 * anew: the hooks stand before the first look, so no event falls between.
 */
#include "poll.h"
#include "sys.h"

struct poll_entry {
	struct file *file;		/* a reference, or NULL */
	struct poll_head *head;
	struct poll_hook hook;
	struct poll_caller *caller;
};

struct poll_caller {
	struct waitqueue wq;
	bool fired;
	u32 nr;
	struct socle_pollfd *fds;
	struct poll_entry *entry;
};

u32 file_poll(struct file *f, struct poll_head **head)
{
	*head = NULL;
	return f->ops->poll ? f->ops->poll(f, head) : FILE_ALWAYS_READY;
}

static void hook_fired(struct poll_hook *k, u32 events)
{
	struct poll_caller *c = container_of(k, struct poll_entry, hook)->caller;

	(void)events;
	__atomic_store_n(&c->fired, true, __ATOMIC_SEQ_CST);
	waitqueue_wake_all(&c->wq);
}

static void hook_all(struct poll_caller *c)
{
	for (u32 i = 0; i < c->nr; i++) {
		struct poll_entry *e = &c->entry[i];

		e->caller = c;
		e->hook.func = hook_fired;
		list_init(&e->hook.link);
		e->file = c->fds[i].fd < 0 ? NULL : fd_get(c->fds[i].fd);
		if (!e->file)
			continue;
		(void)file_poll(e->file, &e->head);
		if (e->head)
			poll_hook_add(e->head, &e->hook);
	}
}

static void unhook_all(struct poll_caller *c)
{
	for (u32 i = 0; i < c->nr; i++) {
		if (c->entry[i].head)
			poll_hook_del(c->entry[i].head, &c->entry[i].hook);
		if (c->entry[i].file)
			file_put(c->entry[i].file);
	}
}

static s16 events_of(const struct poll_entry *e, const struct socle_pollfd *p)
{
	struct poll_head *head;

	if (p->fd < 0)
		return 0;
	if (!e->file)
		return ABI_POLLNVAL;
	return (s16)(file_poll(e->file, &head) & ((u32)(u16)p->events | ABI_POLLERR | ABI_POLLHUP));
}

static long scan(struct poll_caller *c)
{
	long ready = 0;

	for (u32 i = 0; i < c->nr; i++) {
		c->fds[i].revents = events_of(&c->entry[i], &c->fds[i]);
		ready += c->fds[i].revents != 0;
	}
	return ready;
}

/* Number of ready files, 0 at the deadline, -EINTR. */
static long poll_wait(struct poll_caller *c, u64 deadline)
{
	long ready;
	int err;

	for (;;) {
		__atomic_store_n(&c->fired, false, __ATOMIC_SEQ_CST);
		ready = scan(c);
		if (ready)
			return ready;
		if (deadline <= clock_ns())
			return 0;
		err = wait_event_deadline(&c->wq, READ_ONCE(c->fired), deadline, true);
		if (err)
			return err == -ETIMEDOUT ? scan(c) : err;
	}
}

static long poll_with_memory(struct poll_caller *c, u64 app, u64 deadline)
{
	size_t bytes = c->nr * sizeof(*c->fds);
	long ret;

	if (copy_from_app(c->fds, app, bytes))
		return -EFAULT;
	hook_all(c);
	ret = poll_wait(c, deadline);
	unhook_all(c);
	if (ret >= 0 && copy_to_app(app, c->fds, bytes))
		return -EFAULT;
	return ret;
}

static long poll_files(u64 app, u32 nr, u64 deadline)
{
	struct poll_caller c = { .nr = nr };
	long ret = -ENOMEM;

	waitqueue_init(&c.wq);
	c.fds = kmalloc(nr * sizeof(*c.fds) + 1);
	c.entry = kmalloc(nr * sizeof(*c.entry) + 1);
	if (c.fds && c.entry)
		ret = poll_with_memory(&c, app, deadline);
	kfree(c.fds);
	kfree(c.entry);
	return ret;
}

int call_wait_in(u64 app_time, u64 app_mask, u64 *deadline)
{
	u64 ns, mask;
	int err;

	*deadline = WAIT_FOREVER;
	if (app_time) {
		err = timespec_in(app_time, &ns);
		if (err)
			return err;
		*deadline = ns ? deadline_after(ns) : 0;
	}
	if (app_mask) {
		if (copy_from_app(&mask, app_mask, sizeof(mask)))
			return -EFAULT;
		signal_call_mask(mask);
	}
	return 0;
}

long sys_ppoll(ARGS)
{
	u64 deadline;
	long ret;
	int err;

	if ((u64)b > FD_MAX)
		return -EINVAL;
	err = call_wait_in((u64)c, (u64)d, &deadline);
	if (err)
		return err;
	ret = poll_files((u64)a, (u32)b, deadline);
	signal_call_done(ret == -EINTR);
	return ret;
}

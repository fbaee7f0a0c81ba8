// SPDX-License-Identifier: Apache-2.0
/*
 * epoll.c - a set of files whose events are collected
 *
 * An item's hook puts it on the ready list; a waiter asks the files of the
 * ready list what they have. Level-triggered items stay on it while they have
 * something. An item holds no reference of its file: the last file_put() takes
 * it out first, under the same locks, so a file that is asked still exists.
 *
 * Locks: epoll_link (which item belongs to which file; nesting of epolls),
 * then the epoll's mutex (its items), of an outer epoll before an inner one's,
 * then ready_lock (any context). Source: Linux manual, epoll(7).
 */
#include "poll.h"
#include "sys.h"

#define MAX_DEPTH	5u		/* epolls in epolls, as Linux */
#define MAX_EVENTS	(0x7fffffff / (s32)sizeof(struct socle_epoll_event))
#define BATCH		32u
#define ONLY_FLAGS	(ABI_EPOLLET | ABI_EPOLLONESHOT | ABI_EPOLLEXCLUSIVE | ABI_EPOLLWAKEUP)

struct epoll {
	struct file *file;		/* its own; no reference */
	struct mutex lock;
	struct list items;
	spinlock_t ready_lock;		/* taken with interrupts off */
	struct list ready;
	struct waitqueue wq;
	struct poll_head poll;
};

struct epoll_item {
	struct epoll *ep;
	struct file *file;
	int fd;
	u32 events;
	u64 data;
	struct poll_head *head;
	struct poll_hook hook;
	struct list ep_link, file_link, ready_link;
};

static struct mutex epoll_link = MUTEX_INIT(epoll_link);

static void make_ready(struct epoll_item *it)
{
	struct epoll *ep = it->ep;
	unsigned long irq = spin_lock_irqsave(&ep->ready_lock);

	if (list_empty(&it->ready_link))
		list_add_tail(&ep->ready, &it->ready_link);
	spin_unlock_irqrestore(&ep->ready_lock, irq);
}

static void hook_fired(struct poll_hook *k, u32 events)
{
	struct epoll_item *it = container_of(k, struct epoll_item, hook);

	events |= (events & ABI_POLLIN ? ABI_POLLRDNORM : 0) | (events & ABI_POLLOUT ? ABI_POLLWRNORM : 0);
	if (!(events & (READ_ONCE(it->events) | ABI_POLLERR | ABI_POLLHUP)))
		return;
	make_ready(it);
	waitqueue_wake_all(&it->ep->wq);
	poll_head_notify(&it->ep->poll, ABI_POLLIN);
}

/* Caller holds ep->lock. */
static struct epoll_item *take_ready(struct epoll *ep)
{
	unsigned long irq = spin_lock_irqsave(&ep->ready_lock);
	struct epoll_item *it = NULL;

	if (!list_empty(&ep->ready)) {
		it = list_first(&ep->ready, struct epoll_item, ready_link);
		list_del(&it->ready_link);
	}
	spin_unlock_irqrestore(&ep->ready_lock, irq);
	return it;
}

static u32 item_events(const struct epoll_item *it)
{
	struct poll_head *head;

	if (!(it->events & ~ONLY_FLAGS))
		return 0;		/* one shot, fired */
	return file_poll(it->file, &head) & (it->events | ABI_POLLERR | ABI_POLLHUP) & ~ONLY_FLAGS;
}

/* A hook may have put it on the ready list meanwhile. */
static void ask_again(struct epoll_item *it, struct list *again)
{
	unsigned long irq = spin_lock_irqsave(&it->ep->ready_lock);

	if (list_empty(&it->ready_link))
		list_add_tail(again, &it->ready_link);
	spin_unlock_irqrestore(&it->ep->ready_lock, irq);
}

/* Items that stay ready go to @again, so that one round asks each once. Caller holds ep->lock. */
static u32 collect(struct epoll *ep, struct socle_epoll_event *out, u32 max, struct list *again)
{
	struct epoll_item *it;
	u32 n = 0;

	while (n < max && (it = take_ready(ep))) {
		u32 events = item_events(it);

		if (!events)
			continue;
		out[n++] = (struct socle_epoll_event){ events, it->data };
		if (it->events & ABI_EPOLLONESHOT)
			WRITE_ONCE(it->events, it->events & ONLY_FLAGS);
		else if (!(it->events & ABI_EPOLLET))
			ask_again(it, again);
	}
	return n;
}

static void give_again(struct epoll *ep, struct list *again)
{
	unsigned long irq = spin_lock_irqsave(&ep->ready_lock);

	while (!list_empty(again)) {
		struct epoll_item *it = list_first(again, struct epoll_item, ready_link);

		list_del(&it->ready_link);
		list_add_tail(&ep->ready, &it->ready_link);
	}
	spin_unlock_irqrestore(&ep->ready_lock, irq);
}

/* Events now, or 0; -EFAULT. */
static long harvest(struct epoll *ep, u64 app, u32 max)
{
	struct list again = LIST_INIT(again);
	struct socle_epoll_event ev[BATCH];
	u32 done = 0, n;
	long err = 0;

	mutex_lock(&ep->lock);
	do {
		n = collect(ep, ev, MIN(max - done, BATCH), &again);
		if (n && copy_to_app(app + done * sizeof(ev[0]), ev, n * sizeof(ev[0])))
			err = -EFAULT;
		done += n;
	} while (n == BATCH && done < max && !err);
	give_again(ep, &again);
	mutex_unlock(&ep->lock);
	return err ? err : done;
}

static bool list_has(struct epoll *ep)
{
	return READ_ONCE(ep->ready.next) != &ep->ready;
}

static long wait_events(struct epoll *ep, u64 app, u32 max, u64 deadline)
{
	long n;
	int err;

	for (;;) {
		n = harvest(ep, app, max);
		if (n || deadline <= clock_ns())
			return n;
		err = wait_event_deadline(&ep->wq, list_has(ep), deadline, true);
		if (err)
			return err == -ETIMEDOUT ? harvest(ep, app, max) : err;
	}
}

static u32 epoll_poll(struct file *f, struct poll_head **head)
{
	struct list again = LIST_INIT(again);
	struct epoll *ep = f->priv;
	struct epoll_item *it;
	bool any = false;

	*head = &ep->poll;
	mutex_lock(&ep->lock);
	while (!any && (it = take_ready(ep))) {
		any = item_events(it) != 0;
		if (any)
			ask_again(it, &again);
	}
	give_again(ep, &again);
	mutex_unlock(&ep->lock);
	return any ? ABI_POLLIN | ABI_POLLRDNORM : 0;
}

/* Caller holds epoll_link and ep->lock. */
static void item_remove(struct epoll_item *it)
{
	unsigned long irq;

	poll_hook_del(it->head, &it->hook);	/* from here on nobody makes it ready */
	irq = spin_lock_irqsave(&it->ep->ready_lock);
	list_del(&it->ready_link);
	spin_unlock_irqrestore(&it->ep->ready_lock, irq);
	list_del(&it->ep_link);
	list_del(&it->file_link);
	kfree(it);
}

static struct list *items_of(struct file *f)
{
	return &container_of(f, struct file_box, file)->epoll_items;
}

void epoll_forget_file(struct file *f)
{
	mutex_lock(&epoll_link);
	while (!list_empty(items_of(f))) {
		struct epoll_item *it = list_first(items_of(f), struct epoll_item, file_link);
		struct epoll *ep = it->ep;

		mutex_lock(&ep->lock);
		item_remove(it);
		mutex_unlock(&ep->lock);
	}
	mutex_unlock(&epoll_link);
}

static void epoll_release(struct file *f)
{
	struct epoll *ep = f->priv;

	mutex_lock(&epoll_link);
	mutex_lock(&ep->lock);
	while (!list_empty(&ep->items))
		item_remove(list_first(&ep->items, struct epoll_item, ep_link));
	mutex_unlock(&ep->lock);
	mutex_unlock(&epoll_link);
	kfree(ep);
}

static const struct file_ops epoll_ops = { .name = "epoll", .poll = epoll_poll, .release = epoll_release };

/* Caller holds epoll_link. */
static bool reaches(struct file *from, const struct epoll *target, u32 depth)
{
	struct epoll *ep = from->priv;
	struct epoll_item *it;

	if (from->ops != &epoll_ops)
		return false;
	if (ep == target || depth == MAX_DEPTH)
		return true;
	list_for_each(it, &ep->items, ep_link)
		if (reaches(it->file, target, depth + 1))
			return true;
	return false;
}

/* How many epolls stand above this file. Caller holds epoll_link. */
static u32 height(struct file *f)
{
	struct epoll_item *it;
	u32 most = 0, h;

	list_for_each(it, items_of(f), file_link) {
		h = 1 + height(it->ep->file);
		most = MAX(most, h);
	}
	return most;
}

static struct epoll_item *find_item(struct epoll *ep, const struct file *f, int fd)
{
	struct epoll_item *it;

	list_for_each(it, &ep->items, ep_link)
		if (it->file == f && it->fd == fd)
			return it;
	return NULL;
}

/* Ready at once when the file has something already. */
static void item_start(struct epoll_item *it)
{
	if (!item_events(it))
		return;
	make_ready(it);
	waitqueue_wake_all(&it->ep->wq);
	poll_head_notify(&it->ep->poll, ABI_POLLIN);
}

static int item_add(struct epoll *ep, struct file *f, int fd, const struct socle_epoll_event *ev)
{
	struct epoll_item *it;

	if (reaches(f, ep, height(ep->file) + 1))
		return -ELOOP;
	it = kmalloc(sizeof(*it));
	if (!it)
		return -ENOMEM;
	*it = (struct epoll_item){ .ep = ep, .file = f, .fd = fd, .events = ev->events, .data = ev->data };
	it->hook.func = hook_fired;
	list_init(&it->hook.link);
	list_init(&it->ready_link);
	list_add_tail(&ep->items, &it->ep_link);
	list_add_tail(items_of(f), &it->file_link);
	(void)file_poll(f, &it->head);
	poll_hook_add(it->head, &it->hook);
	item_start(it);
	return 0;
}

static int ctl_locked(struct epoll *ep, long op, struct file *f, int fd, const struct socle_epoll_event *ev)
{
	struct epoll_item *it = find_item(ep, f, fd);

	if (op == ABI_EPOLL_CTL_ADD)
		return it ? -EEXIST : item_add(ep, f, fd, ev);
	if (!it)
		return -ENOENT;
	if (op == ABI_EPOLL_CTL_DEL) {
		item_remove(it);
	} else {
		WRITE_ONCE(it->events, ev->events);
		it->data = ev->data;
		item_start(it);
	}
	return 0;
}

static int ctl(struct file *epf, long op, struct file *f, int fd, const struct socle_epoll_event *ev)
{
	struct epoll *ep = epf->priv;
	int err;

	if (!f->ops->poll)
		return -EPERM;
	if (epf == f || epf->ops != &epoll_ops || op < ABI_EPOLL_CTL_ADD || op > ABI_EPOLL_CTL_MOD)
		return -EINVAL;
	mutex_lock(&epoll_link);
	mutex_lock(&ep->lock);
	err = ctl_locked(ep, op, f, fd, ev);
	mutex_unlock(&ep->lock);
	mutex_unlock(&epoll_link);
	return err;
}

long sys_epoll_create(ARGS)
{
	struct epoll *ep;
	long fd;

	if (a & ~(long)ABI_O_CLOEXEC)
		return -EINVAL;
	ep = kmalloc(sizeof(*ep));
	if (!ep)
		return -ENOMEM;
	mutex_init(&ep->lock);
	list_init(&ep->items);
	list_init(&ep->ready);
	waitqueue_init(&ep->wq);
	poll_head_init(&ep->poll);
	ep->file = file_create(&epoll_ops, ep, ABI_O_RDWR);
	if (!ep->file) {
		kfree(ep);
		return -ENOMEM;
	}
	fd = fd_install(ep->file, a & ABI_O_CLOEXEC);
	if (fd < 0)
		file_put(ep->file);
	return fd;
}

long sys_epoll_ctl(ARGS)
{
	struct socle_epoll_event ev = { 0, 0 };
	struct file *epf, *target;
	long err = -EBADF;

	if (b != ABI_EPOLL_CTL_DEL && copy_from_app(&ev, (u64)d, sizeof(ev)))
		return -EFAULT;
	epf = fd_get((int)a);
	target = fd_get((int)c);
	if (epf && target)
		err = ctl(epf, b, target, (int)c, &ev);
	if (target)
		file_put(target);
	if (epf)
		file_put(epf);
	return err;
}

long sys_epoll_pwait(ARGS)
{
	struct file *epf;
	u64 deadline;
	long ret;
	int err;

	if (c <= 0 || c > MAX_EVENTS)
		return -EINVAL;
	epf = fd_get((int)a);
	if (!epf)
		return -EBADF;
	err = epf->ops == &epoll_ops ? call_wait_in((u64)e, (u64)f, &deadline) : -EINVAL;
	ret = err ? err : wait_events(epf->priv, (u64)b, (u32)c, deadline);
	if (!err)
		signal_call_done(ret == -EINTR);
	file_put(epf);
	return ret;
}

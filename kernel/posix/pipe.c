// SPDX-License-Identifier: Apache-2.0
/*
 * pipe.c - bytes from one end to the other
 *
 * A write of up to PIPE_BUF bytes goes in whole. App memory is touched with
 * the pipe's mutex held, which is outside of mm->lock. Source: Linux manual,
 * pipe(7).
 */
#include "sys.h"

#define PIPE_BYTES	65536u
#define PIPE_BUF	4096u

struct pipe {
	struct mutex lock;
	u8 *buf;
	u32 head, count;
	u32 refs;			/* both ends */
	bool has_reader, has_writer;
	struct waitqueue wq;
	struct poll_head poll;
};

static void pipe_destroy(void *priv)
{
	struct pipe *p = priv;

	if (__atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL))
		return;
	kfree(p->buf);
	kfree(p);
}

static void notify(struct pipe *p, u32 events)
{
	waitqueue_wake_all(&p->wq);
	poll_head_notify(&p->poll, events);
}

/* Caller holds the lock. Bytes taken, -EFAULT. */
static long take(struct pipe *p, u64 buf, size_t n)
{
	u32 done = 0, part;

	while (done < n && p->count) {
		part = (u32)MIN(n - done, (size_t)MIN(p->count, PIPE_BYTES - p->head));
		if (copy_to_app(buf + done, p->buf + p->head, part))
			return done ? (long)done : -EFAULT;
		p->head = (p->head + part) % PIPE_BYTES;
		p->count -= part;
		done += part;
	}
	return done;
}

static long put(struct pipe *p, u64 buf, size_t n)
{
	u32 done = 0, part, tail;

	while (done < n && p->count < PIPE_BYTES) {
		tail = (p->head + p->count) % PIPE_BYTES;
		part = (u32)MIN(n - done, (size_t)MIN(PIPE_BYTES - p->count, PIPE_BYTES - tail));
		if (copy_from_app(p->buf + tail, buf + done, part))
			return done ? (long)done : -EFAULT;
		p->count += part;
		done += part;
	}
	return done;
}

static long pipe_read(struct file *f, u64 buf, size_t n, u64 *pos)
{
	struct pipe *p = f->priv;
	bool end;
	long ret;

	(void)pos;
	for (;;) {
		mutex_lock(&p->lock);
		ret = take(p, buf, n);
		end = !p->has_writer;
		mutex_unlock(&p->lock);
		if (ret || end || !n)
			break;
		if (f->flags & ABI_O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&p->wq, READ_ONCE(p->count) || !READ_ONCE(p->has_writer)))
			return -EINTR;
	}
	if (ret > 0)
		notify(p, ABI_POLLOUT);
	return ret;
}

static u32 room_for(size_t left)
{
	return left <= PIPE_BUF ? (u32)left : 1;
}

/* Without the lock; small writes wait until they fit whole. */
static bool may_put(const struct pipe *p, size_t left)
{
	return PIPE_BYTES - READ_ONCE(p->count) >= room_for(left) || !READ_ONCE(p->has_reader);
}

static long broken_pipe(size_t done)
{
	if (done)
		return (long)done;
	signal_post_thread(proc_current(), thread_current(), ABI_SIGPIPE, ABI_SI_USER);
	return -EPIPE;
}

static long pipe_write(struct file *f, u64 buf, size_t n, u64 *pos)
{
	struct pipe *p = f->priv;
	size_t done = 0;
	long ret;

	(void)pos;
	while (done < n) {
		bool broken;

		mutex_lock(&p->lock);
		broken = !p->has_reader;
		ret = broken || PIPE_BYTES - p->count < room_for(n - done) ? 0 : put(p, buf + done, n - done);
		mutex_unlock(&p->lock);
		if (broken)
			return broken_pipe(done);
		if (ret < 0)
			return done ? (long)done : ret;
		done += (size_t)ret;
		if (ret) {
			notify(p, ABI_POLLIN);
			continue;
		}
		if (f->flags & ABI_O_NONBLOCK)
			return done ? (long)done : -EAGAIN;
		if (wait_event_interruptible(&p->wq, may_put(p, n - done)))
			return done ? (long)done : -EINTR;
	}
	return (long)done;
}

static u32 read_poll(struct file *f, struct poll_head **head)
{
	struct pipe *p = f->priv;

	*head = &p->poll;
	return (READ_ONCE(p->count) ? ABI_POLLIN | ABI_POLLRDNORM : 0) | (READ_ONCE(p->has_writer) ? 0 : ABI_POLLHUP);
}

static u32 write_poll(struct file *f, struct poll_head **head)
{
	struct pipe *p = f->priv;

	*head = &p->poll;
	return (PIPE_BYTES - READ_ONCE(p->count) >= PIPE_BUF ? ABI_POLLOUT | ABI_POLLWRNORM : 0) |
	       (READ_ONCE(p->has_reader) ? 0 : ABI_POLLERR);
}

static void read_release(struct file *f)
{
	struct pipe *p = f->priv;

	WRITE_ONCE(p->has_reader, false);
	notify(p, ABI_POLLERR);
	pipe_destroy(p);
}

static void write_release(struct file *f)
{
	struct pipe *p = f->priv;

	WRITE_ONCE(p->has_writer, false);
	notify(p, ABI_POLLHUP);
	pipe_destroy(p);
}

static const struct file_ops read_ops = {
	.name = "pipe", .stat_mode = ABI_S_IFIFO | 0600, .read = pipe_read, .poll = read_poll, .release = read_release,
};
static const struct file_ops write_ops = {
	.name = "pipe", .stat_mode = ABI_S_IFIFO | 0600, .write = pipe_write, .poll = write_poll, .release = write_release,
};

static struct pipe *pipe_alloc(void)
{
	struct pipe *p = kmalloc(sizeof(*p));

	if (!p)
		return NULL;
	p->buf = kmalloc(PIPE_BYTES);
	if (!p->buf) {
		kfree(p);
		return NULL;
	}
	mutex_init(&p->lock);
	waitqueue_init(&p->wq);
	poll_head_init(&p->poll);
	p->refs = 2;
	p->has_reader = p->has_writer = true;
	return p;
}

long sys_pipe2(ARGS)
{
	struct fd_table *fds = &proc_current()->fds;
	u32 nonblock = (u32)b & ABI_O_NONBLOCK;
	struct pipe *p;
	s32 fd[2];

	if (b & ~(long)(ABI_O_CLOEXEC | ABI_O_NONBLOCK))
		return -EINVAL;
	p = pipe_alloc();
	if (!p)
		return -ENOMEM;
	fd[0] = (s32)fd_install_new(&read_ops, p, ABI_O_RDONLY | nonblock, b & ABI_O_CLOEXEC, pipe_destroy);
	fd[1] = (s32)fd_install_new(&write_ops, p, ABI_O_WRONLY | nonblock, b & ABI_O_CLOEXEC, pipe_destroy);
	if (fd[0] >= 0 && fd[1] >= 0 && !copy_to_app((u64)a, fd, sizeof(fd)))
		return 0;
	for (u32 i = 0; i < 2; i++)
		if (fd[i] >= 0)
			(void)fd_table_close(fds, fd[i]);
	return fd[0] < 0 ? fd[0] : fd[1] < 0 ? fd[1] : -EFAULT;
}

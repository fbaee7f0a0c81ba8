/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_files.c - descriptor table, eventfd, epoll and poll against small models
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include "../../kernel/posix/sys.h"
#include "../../kernel/posix/poll.h"
#include <socle/fault_inject.h>
#include "fake/kernel.h"

#define RAM	(64ull << 20)
#define STEPS	100000u

static struct proc the_proc;
static struct thread me = { .proc = &the_proc };

struct thread *thread_current(void) { return &me; }
struct proc *proc_current(void) { return &the_proc; }
u64 clock_ns(void) { return 1000; }
int copy_from_app(void *dst, u64 src, size_t n) { memcpy(dst, (void *)src, n); return 0; }
int copy_to_app(u64 dst, const void *src, size_t n) { memcpy((void *)dst, src, n); return 0; }
int timespec_in(u64 app, u64 *ns) { *ns = *(u64 *)app; return 0; }
u64 deadline_after(u64 ns) { return clock_ns() + ns; }
void signal_call_mask(u64 mask) { (void)mask; }
void signal_call_done(bool interrupted) { (void)interrupted; }

static void start(void)
{
	struct phys_range r = { 0, RAM, 0 };

	if (!fake_ram) {		/* once: the memory of files never goes back */
		fake_ram_init(RAM);
		assert_int_equal(phys_init(&r, 1), 0);
	}
	fd_table_init(&the_proc.fds);
}

static void end(void)
{
	fd_table_close_all(&the_proc.fds);
}

/* --- descriptors --- */

#define MODEL_FDS 300
static u32 live;
static void count_release(struct file *f) { (void)f; live--; }
static const struct file_ops counted = { .name = "counted", .release = count_release };
static struct file *model_fd[MODEL_FDS];
static bool model_cloexec[MODEL_FDS];

static struct file *new_file(void)
{
	struct file *f = file_create(&counted, NULL, 0);

	assert_non_null(f);
	live++;
	return f;
}

static int lowest_free(int from)
{
	while (from < MODEL_FDS && model_fd[from])
		from++;
	return from;
}

static void fd_step(void)
{
	int fd = (int)test_random(MODEL_FDS), from = test_random(4) ? 0 : fd, want = lowest_free(from);
	bool cloexec = test_random(2);
	struct file *f;

	switch (test_random(5)) {
	case 0: case 1:
		if (want >= MODEL_FDS)
			break;
		model_fd[want] = new_file();
		model_cloexec[want] = cloexec;
		assert_int_equal(fd_table_install(&the_proc.fds, model_fd[want], (u32)from, cloexec), want);
		break;
	case 2:
		assert_int_equal(fd_table_close(&the_proc.fds, fd), model_fd[fd] ? 0 : -EBADF);
		model_fd[fd] = NULL;
		break;
	case 3:
		model_fd[fd] = new_file();
		model_cloexec[fd] = cloexec;
		assert_int_equal(fd_table_replace(&the_proc.fds, (u32)fd, model_fd[fd], cloexec), fd);
		break;
	default:
		f = fd_table_get(&the_proc.fds, fd);
		assert_ptr_equal(f, model_fd[fd]);
		if (f)
			file_put(f);
		assert_int_equal(fd_table_cloexec(&the_proc.fds, fd, -1), f ? model_cloexec[fd] : -EBADF);
	}
}

static void descriptors(void **state)
{
	u32 open = 0;

	(void)state;
	test_seed();
	start();
	memset(model_fd, 0, sizeof(model_fd));
	for (u32 n = 0; n < STEPS; n++)
		fd_step();
	for (u32 i = 0; i < MODEL_FDS; i++)
		open += model_fd[i] != NULL;
	assert_int_equal(open, live);
	assert_int_equal(fd_table_install(&the_proc.fds, NULL, FD_MAX, false), -EMFILE);
	assert_int_equal(fd_table_replace(&the_proc.fds, FD_MAX, NULL, false), -EBADF);
	assert_null(fd_table_get(&the_proc.fds, -1));
	end();
	assert_int_equal(live, 0);
}

/* --- eventfd --- */

static void counters(void **state)
{
	u64 model = 0, v;
	struct file *f;
	long fd;

	(void)state;
	start();
	fd = sys_eventfd(0, ABI_O_NONBLOCK, 0, 0, 0, 0);
	f = fd_get((int)fd);
	for (u32 n = 0; n < STEPS; n++) {
		u64 add = test_random(3) ? test_random(100) : test_random(~0ull);

		if (test_random(3)) {
			bool fits = add <= ~0ull - 1 - model;
			long ret = f->ops->write(f, (u64)&add, 8, NULL);

			assert_int_equal(ret, add == ~0ull ? -EINVAL : fits ? 8 : -EAGAIN);
			model += ret == 8 ? add : 0;
		} else {
			assert_int_equal(f->ops->read(f, (u64)&v, 8, NULL), model ? 8 : -EAGAIN);
			if (model)
				assert_int_equal(v, model);
			model = 0;
		}
	}
	file_put(f);
	end();
}

/* The kernel's signals stop at the end of the counter, and that is an error that polls. */
static void counter_at_its_end(void **state)
{
	struct poll_head *head;
	struct eventfd *e;
	struct file *f;
	u64 count;

	(void)state;
	start();
	f = fd_get((int)sys_eventfd(0, 0, 0, 0, 0, 0));
	assert_int_equal(eventfd_from_fd(0, &e), 0);
	eventfd_signal(e, ~0ull - 5);
	eventfd_signal(e, 100);
	assert_int_equal(f->ops->poll(f, &head), ABI_POLLIN | ABI_POLLERR);
	assert_true(eventfd_consume(e, &count));
	assert_int_equal(count, ~0ull);
	assert_false(eventfd_consume(e, &count));
	file_put(f);
	fd_table_close(&the_proc.fds, 0);
	eventfd_signal(e, 1);		/* it lives as long as a reference does */
	eventfd_put(e);
	end();
}

/* --- epoll --- */

#define EVENTS	6u
#define EPOLLS	2u
struct item { bool in, edge, one_shot, off; u32 want; bool pending; };
static struct item items[EPOLLS][EVENTS];
static int event_fd[EVENTS], epoll_fd[EPOLLS];
static u64 count[EVENTS];
static struct eventfd *event[EVENTS];

static u32 ready(u32 e, const struct item *it)
{
	return it->off ? 0 : ((count[e] ? ABI_POLLIN : 0) | ABI_POLLOUT) & it->want;
}

static void open_event(u32 e)
{
	event_fd[e] = (int)sys_eventfd(0, ABI_O_NONBLOCK, 0, 0, 0, 0);
	assert_int_equal(eventfd_from_fd(event_fd[e], &event[e]), 0);
	count[e] = 0;
}

static void close_event(u32 e)
{
	fd_table_close(&the_proc.fds, event_fd[e]);
	eventfd_put(event[e]);
	for (u32 p = 0; p < EPOLLS; p++)
		items[p][e].in = false;
}

static void do_ctl(u32 p, u32 e)
{
	struct item *it = &items[p][e];
	u32 op = ABI_EPOLL_CTL_ADD + (u32)test_random(3);
	struct item fresh = {
		.in = true, .edge = test_random(2), .one_shot = test_random(4) == 0,
		.want = (test_random(4) ? ABI_POLLIN : 0) | (test_random(4) ? 0 : ABI_POLLOUT),
	};
	struct socle_epoll_event ev = {
		fresh.want | (fresh.edge ? ABI_EPOLLET : 0) | (fresh.one_shot ? ABI_EPOLLONESHOT : 0), e + 100,
	};
	long err = sys_epoll_ctl(epoll_fd[p], op, event_fd[e], (long)&ev, 0, 0);

	assert_int_equal(err, op == ABI_EPOLL_CTL_ADD ? (it->in ? -EEXIST : 0) : it->in ? 0 : -ENOENT);
	if (err)
		return;
	if (op == ABI_EPOLL_CTL_DEL) {
		it->in = false;
		return;
	}
	fresh.pending = (op == ABI_EPOLL_CTL_MOD && it->pending) || ready(e, &fresh);
	*it = fresh;
}

static void do_signal(u32 e)
{
	eventfd_signal(event[e], 1);
	count[e]++;
	for (u32 p = 0; p < EPOLLS; p++)
		if (items[p][e].want & ABI_POLLIN)
			items[p][e].pending = true;
}

static void do_wait(u32 p)
{
	struct socle_epoll_event ev[EVENTS + 1];
	u32 got[EVENTS] = { 0 };
	u64 no_time = 0;
	long n = sys_epoll_pwait(epoll_fd[p], (long)ev, EVENTS + 1, 0, (long)&no_time, 0);

	assert_true(n >= 0 && n <= EVENTS);
	for (long i = 0; i < n; i++) {
		assert_int_equal(got[ev[i].data - 100], 0);
		got[ev[i].data - 100] = ev[i].events;
	}
	for (u32 e = 0; e < EVENTS; e++) {
		struct item *it = &items[p][e];
		u32 now = it->in && (!it->edge || it->pending) ? ready(e, it) : 0;

		assert_int_equal(got[e], now);
		it->pending = false;
		it->off |= now && it->one_shot;
	}
}

static void epoll_step(void)
{
	u32 p = (u32)test_random(EPOLLS), e = (u32)test_random(EVENTS);

	switch (test_random(10)) {
	case 0: case 1:
		do_ctl(p, e);
		break;
	case 2: case 3: case 4:
		do_signal(e);
		break;
	case 5:
		(void)eventfd_consume(event[e], &count[e]);
		count[e] = 0;
		break;
	case 6:
		if (test_random(10) == 0) {
			close_event(e);
			open_event(e);
		}
		break;
	default:
		do_wait(p);
	}
}

static void epolls(void **state)
{
	(void)state;
	start();
	memset(items, 0, sizeof(items));
	for (u32 p = 0; p < EPOLLS; p++)
		epoll_fd[p] = (int)sys_epoll_create(0, 0, 0, 0, 0, 0);
	for (u32 e = 0; e < EVENTS; e++)
		open_event(e);
	for (u32 n = 0; n < STEPS; n++)
		epoll_step();
	for (u32 e = 0; e < EVENTS; e++)
		eventfd_put(event[e]);
	end();
}

/* A chain of epolls has an end, a circle is refused. */
static void epolls_in_epolls(void **state)
{
	struct socle_epoll_event ev = { ABI_POLLIN, 0 };
	long fd[8];
	int err = 0, n;

	(void)state;
	start();
	for (n = 0; n < 8; n++)
		fd[n] = sys_epoll_create(0, 0, 0, 0, 0, 0);
	for (n = 0; n < 7 && !err; n++)
		err = (int)sys_epoll_ctl(fd[n], ABI_EPOLL_CTL_ADD, fd[n + 1], (long)&ev, 0, 0);
	assert_int_equal(err, -ELOOP);
	assert_in_range(n, 3, 6);
	assert_int_equal(sys_epoll_ctl(fd[1], ABI_EPOLL_CTL_ADD, fd[0], (long)&ev, 0, 0), -ELOOP);
	end();
}

static void polls(void **state)
{
	struct socle_pollfd p[EVENTS + 1];
	u64 no_time = 0;

	(void)state;
	start();
	for (u32 e = 0; e < EVENTS; e++)
		open_event(e);
	for (u32 n = 0; n < STEPS / 10; n++) {
		long want = 1;		/* the bad descriptor */

		for (u32 e = 0; e < EVENTS; e++) {
			if (test_random(2))
				do_signal(e);
			else if (eventfd_consume(event[e], &count[e]))
				count[e] = 0;
			p[e] = (struct socle_pollfd){ event_fd[e], (s16)(test_random(2) ? ABI_POLLIN : ABI_POLLOUT), 0 };
			want += p[e].events == ABI_POLLOUT || count[e];
		}
		p[EVENTS] = (struct socle_pollfd){ 9999, ABI_POLLIN, 0 };
		assert_int_equal(sys_ppoll((long)p, EVENTS + 1, (long)&no_time, 0, 0, 0), want);
		for (u32 e = 0; e < EVENTS; e++)
			assert_int_equal(p[e].revents, p[e].events == ABI_POLLOUT ? ABI_POLLOUT : count[e] ? ABI_POLLIN : 0);
		assert_int_equal(p[EVENTS].revents, ABI_POLLNVAL);
	}
	for (u32 e = 0; e < EVENTS; e++)
		eventfd_put(event[e]);
	end();
}

/* Each allocation of opening things fails once: the next try works, nothing is left behind. */
static void without_memory(void **state)
{
	u64 used, nth;
	long a, b;

	(void)state;
	start();
	a = sys_eventfd(0, 0, 0, 0, 0, 0);	/* table and file boxes exist now */
	b = sys_epoll_create(0, 0, 0, 0, 0, 0);
	fd_table_close(&the_proc.fds, (int)a);
	fd_table_close(&the_proc.fds, (int)b);
	used = kmem_bytes_in_use();
	for (nth = 1; nth < 10; nth++) {
		struct socle_epoll_event ev = { ABI_POLLIN, 0 };
		long err = 0;

		fault_inject_arm(nth);
		a = sys_eventfd(0, 0, 0, 0, 0, 0);
		b = sys_epoll_create(0, 0, 0, 0, 0, 0);
		if (a >= 0 && b >= 0)
			err = sys_epoll_ctl(b, ABI_EPOLL_CTL_ADD, a, (long)&ev, 0, 0);
		assert_true(fault_inject_count() < nth || a == -ENOMEM || b == -ENOMEM || err == -ENOMEM);
		fault_inject_arm(0);
		if (a >= 0)
			fd_table_close(&the_proc.fds, (int)a);
		if (b >= 0)
			fd_table_close(&the_proc.fds, (int)b);
		assert_int_equal(kmem_bytes_in_use(), used);
	}
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors),
		cmocka_unit_test(counters),
		cmocka_unit_test(counter_at_its_end),
		cmocka_unit_test(epolls),
		cmocka_unit_test(epolls_in_epolls),
		cmocka_unit_test(polls),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.c - threads begin and end
 *
 * One mapping holds guard, stack, TLS and struct pthread. The joiner takes it
 * back when the kernel has cleared `alive`; a detached thread asks the kernel
 * to. Who comes second of pthread_detach() and the thread's end frees it.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "thread.h"

#define PAGE		4096ul
#define DEFAULT_STACK	(1ul << 20)	/* below 2 MiB: no large page for a stack that stays small */
#define ROUND_UP(x, a)	(((x) + (a) - 1) & ~((size_t)(a) - 1))

static int nr_threads = 1;
void thread_run_dtors(struct pthread *t);

static struct pthread *block_of(pthread_t t)
{
	return (struct pthread *)t;
}

/* Kernel calls on a thread that has left its stack have no libc around them. */
static void leave(struct pthread *t)
{
	if (__atomic_exchange_n(&t->state, EXITED, __ATOMIC_ACQ_REL) == DETACHED)
		libc_raw_call(SOCLE_SYS_thread_exit, 0, (long)t->map, (long)t->map_bytes, 0, 0, 0);
	libc_raw_call(SOCLE_SYS_thread_exit, (long)&t->alive, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

void pthread_exit(void *result)
{
	struct pthread *t = pthread_block();
	uint64_t all = ~0ull;

	t->result = result;
	t->cancel_state = PTHREAD_CANCEL_DISABLE;
	thread_run_cleanup(t);
	thread_run_dtors(t);
	if (__atomic_sub_fetch(&nr_threads, 1, __ATOMIC_ACQ_REL) == 0)
		exit(0);
	libc_raw_call(SOCLE_SYS_sigprocmask, SIG_SETMASK, (long)&all, 0, 0, 0, 0);
	if (t->reent == &t->own_reent)
		_reclaim_reent(t->reent);
	leave(t);
	__builtin_unreachable();
}

static void thread_entry(struct pthread *t)
{
	pthread_exit(t->fn(t->arg));
}

static struct pthread *place(const pthread_attr_t *a)
{
	size_t guard = a->stack ? 0 : ROUND_UP(a->guard_bytes, PAGE);
	size_t stack = ROUND_UP(a->stack ? 0 : a->stack_bytes, PAGE);
	size_t bytes = guard + stack + ROUND_UP(tls_block_bytes(), PAGE);
	char *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct pthread *t;

	if (map == MAP_FAILED)
		return NULL;
	if (guard && mprotect(map, guard, PROT_NONE)) {
		munmap(map, bytes);
		return NULL;
	}
	t = tls_place(map, bytes);
	t->map = map;
	t->map_bytes = bytes;
	t->guard_bytes = guard;
	t->stack = a->stack ? a->stack : map + guard;
	t->stack_bytes = a->stack ? a->stack_bytes : stack;
	return t;
}

static long start(struct pthread *t)
{
	struct socle_thread st = {
		.entry = (uint64_t)thread_entry, .arg = (uint64_t)t,
		.stack_top = (uint64_t)t->stack + t->stack_bytes, .tls = (uint64_t)t,
		.app_thread = (uint64_t)&t->app, .tid_out = (uint64_t)&t->app.tid,
	};

	return libc_raw_call(SOCLE_SYS_thread_create, (long)&st, 0, 0, 0, 0, 0);
}

int pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	pthread_attr_t defaults;
	int saved = errno;
	struct pthread *t;
	long err;

	if (!attr) {
		pthread_attr_init(&defaults);
		attr = &defaults;
	}
	t = place(attr);
	errno = saved;
	if (!t)
		return EAGAIN;
	_REENT_INIT_PTR(&t->own_reent);
	t->reent = &t->own_reent;
	t->fn = fn;
	t->arg = arg;
	t->alive = 1;
	t->state = attr->detach_state == PTHREAD_CREATE_DETACHED ? DETACHED : JOINABLE;
	memcpy(t->name, pthread_block()->name, sizeof(t->name));
	*out = (pthread_t)t;
	__atomic_add_fetch(&nr_threads, 1, __ATOMIC_RELAXED);
	err = start(t);
	if (err > 0 && attr->cpus_bytes)
		(void)RAW(sched_setaffinity, err, attr->cpus_bytes, attr->cpus, 0, 0, 0);
	if (err >= 0)
		return 0;
	__atomic_sub_fetch(&nr_threads, 1, __ATOMIC_RELAXED);
	munmap(t->map, t->map_bytes);
	errno = saved;
	return (int)-err;
}

static void free_block(struct pthread *t)
{
	if (t->map)
		libc_raw_call(SOCLE_SYS_munmap, (long)t->map, (long)t->map_bytes, 0, 0, 0, 0);
}

static int wait_until_left(struct pthread *t, const struct timespec *until)
{
	uint32_t alive;

	while ((alive = __atomic_load_n(&t->alive, __ATOMIC_ACQUIRE))) {
		int err = futex_wait(&t->alive, alive, CLOCK_REALTIME, until);

		if (err == ETIMEDOUT || err == EINVAL)
			return err;
		cancel_check();
	}
	return 0;
}

int pthread_timedjoin_np(pthread_t id, void **result, const struct timespec *until)
{
	struct pthread *t = block_of(id);
	int err;

	if (t == pthread_block())
		return EDEADLK;
	if (__atomic_load_n(&t->state, __ATOMIC_ACQUIRE) == DETACHED)
		return EINVAL;
	cancel_check();
	err = wait_until_left(t, until);
	if (err)
		return err;
	if (result)
		*result = t->result;
	free_block(t);
	return 0;
}

int pthread_join(pthread_t id, void **result)
{
	return pthread_timedjoin_np(id, result, NULL);
}

int pthread_tryjoin_np(pthread_t id, void **result)
{
	return __atomic_load_n(&block_of(id)->alive, __ATOMIC_ACQUIRE) ? EBUSY : pthread_join(id, result);
}

int pthread_detach(pthread_t id)
{
	struct pthread *t = block_of(id);
	int joinable = JOINABLE;

	if (__atomic_compare_exchange_n(&t->state, &joinable, DETACHED, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return 0;
	if (joinable == DETACHED)
		return EINVAL;
	(void)wait_until_left(t, NULL);		/* it is on its last steps */
	free_block(t);
	return 0;
}

pthread_t pthread_self(void)
{
	return (pthread_t)pthread_block();
}

int pthread_equal(pthread_t a, pthread_t b)
{
	return a == b;
}

/* A thread that has left and waits for its joiner takes signals without effect, as on Linux. */
int pthread_kill(pthread_t id, int sig)
{
	long err;

	if (sig < 0 || sig > SIGRTMAX)
		return EINVAL;
	err = RAW(tgkill, block_of(id)->app.tid, sig, 0, 0, 0, 0);
	return err == -ESRCH ? 0 : (int)-err;
}

int pthread_setname_np(pthread_t id, const char *name)
{
	if (strlen(name) >= NAME_BYTES)
		return ERANGE;
	strcpy(block_of(id)->name, name);
	return 0;
}

int pthread_getname_np(pthread_t id, char *name, size_t bytes)
{
	if (bytes < NAME_BYTES)
		return ERANGE;
	memcpy(name, block_of(id)->name, NAME_BYTES);
	return 0;
}

int pthread_getattr_np(pthread_t id, pthread_attr_t *a)
{
	struct pthread *t = block_of(id);

	pthread_attr_init(a);
	a->stack = t->stack;
	a->stack_bytes = t->stack_bytes;
	a->guard_bytes = t->guard_bytes;
	a->detach_state = __atomic_load_n(&t->state, __ATOMIC_RELAXED) == DETACHED;
	return 0;
}

int pthread_attr_init(pthread_attr_t *a)
{
	memset(a, 0, sizeof(*a));
	a->stack_bytes = DEFAULT_STACK;
	a->guard_bytes = PAGE;
	return 0;
}

int pthread_setaffinity_np(pthread_t id, size_t bytes, const cpu_set_t *set)
{
	return (int)-RAW(sched_setaffinity, block_of(id)->app.tid, bytes, set, 0, 0, 0);
}

int pthread_getaffinity_np(pthread_t id, size_t bytes, cpu_set_t *set)
{
	long ret = RAW(sched_getaffinity, block_of(id)->app.tid, bytes, set, 0, 0, 0);

	if (ret < 0)
		return (int)-ret;
	memset((char *)set + ret, 0, bytes - (size_t)ret);
	return 0;
}

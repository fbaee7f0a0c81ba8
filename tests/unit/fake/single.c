/* SPDX-License-Identifier: Apache-2.0 */
/*
 * single.c - sleeping locks and waits of a program with one thread: nobody would ever wake it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <socle/lock.h>
#include <socle/sched.h>

void mutex_init(struct mutex *m) { *m = (struct mutex)MUTEX_INIT(*m); }
void mutex_lock(struct mutex *m) { assert_int_equal(m->locked, 0); m->locked = 1; }
void mutex_unlock(struct mutex *m) { assert_int_equal(m->locked, 1); m->locked = 0; }

void waitqueue_init(struct waitqueue *wq) { *wq = (struct waitqueue)WAITQUEUE_INIT(*wq); }
void waitqueue_wake_all(struct waitqueue *wq) { (void)wq; }
void waitqueue_wake_one(struct waitqueue *wq) { (void)wq; }
void wait_prepare(struct waitqueue *wq, struct wait_entry *e) { (void)wq, (void)e; }
void wait_finish(struct waitqueue *wq, struct wait_entry *e) { (void)wq, (void)e; }

/* A wait without end would be a hang: it is cut short as by a signal. */
int wait_sleep(struct wait_entry *e, u64 deadline_ns, bool interruptible)
{
	(void)e;
	assert_true(interruptible);
	return deadline_ns == WAIT_FOREVER ? -EINTR : -ETIMEDOUT;
}

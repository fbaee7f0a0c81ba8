// SPDX-License-Identifier: Apache-2.0
/*
 * sys_arch.c - lwIP on Socle's threads, wait queues and clock
 *
 * lwIP frees a semaphore or mailbox as soon as its waiter has what it waited for. So the one who
 * gives holds the object's lock until it is done with the wait queue, and the one who takes takes
 * the lock: the giver's last touch is the unlock.
 * Source: the list of functions in lwIP's doc/sys_arch.txt.
 */
#include <socle/lock.h>
#include <socle/mem.h>
#include <socle/sched.h>
#include <socle/time.h>
#include <lwip/sys.h>
#include "port.h"

struct lwip_sem {
	spinlock_t lock;
	struct waitqueue wq;
	u32 count;
};

struct lwip_mbox {
	spinlock_t lock;
	struct waitqueue not_empty, not_full;
	u32 size, head, used;
	void *msg[];
};

/* lwIP's timeouts: milliseconds, 0 = for ever. */
static u64 deadline_of(u32 timeout_ms)
{
	return timeout_ms ? clock_ns() + timeout_ms * 1000000ull : WAIT_FOREVER;
}

static u32 waited_ms(u64 start_ns)
{
	return (u32)((clock_ns() - start_ns) / 1000000);
}

/* After it no giver is inside any more. */
static void wait_for_giver(spinlock_t *lock)
{
	unsigned long irq = spin_lock_irqsave(lock);

	spin_unlock_irqrestore(lock, irq);
}

err_t sys_sem_new(sys_sem_t *sem, u8_t count)
{
	struct lwip_sem *s = kmalloc(sizeof(*s));

	if (s) {
		waitqueue_init(&s->wq);
		s->count = count;
	}
	*sem = s;
	return s ? ERR_OK : ERR_MEM;
}

void sys_sem_free(sys_sem_t *sem)
{
	wait_for_giver(&(*sem)->lock);
	kfree(*sem);
}

void sys_sem_signal(sys_sem_t *sem)
{
	struct lwip_sem *s = *sem;
	unsigned long irq = spin_lock_irqsave(&s->lock);

	s->count++;
	waitqueue_wake_one(&s->wq);
	spin_unlock_irqrestore(&s->lock, irq);
}

static bool sem_take(struct lwip_sem *s)
{
	unsigned long irq = spin_lock_irqsave(&s->lock);
	bool taken = s->count > 0;

	s->count -= taken;
	spin_unlock_irqrestore(&s->lock, irq);
	return taken;
}

u32_t sys_arch_sem_wait(sys_sem_t *sem, u32_t timeout_ms)
{
	struct lwip_sem *s = *sem;
	u64 start = clock_ns();

	if (wait_event_deadline(&s->wq, sem_take(s), deadline_of(timeout_ms), false))
		return SYS_ARCH_TIMEOUT;
	return waited_ms(start);
}

err_t sys_mutex_new(sys_mutex_t *mutex)
{
	*mutex = kmalloc(sizeof(**mutex));
	if (!*mutex)
		return ERR_MEM;
	mutex_init(*mutex);
	return ERR_OK;
}

void sys_mutex_free(sys_mutex_t *mutex)
{
	kfree(*mutex);
}

void sys_mutex_lock(sys_mutex_t *mutex)
{
	mutex_lock(*mutex);
}

void sys_mutex_unlock(sys_mutex_t *mutex)
{
	mutex_unlock(*mutex);
}

err_t sys_mbox_new(sys_mbox_t *mbox, int size)
{
	struct lwip_mbox *m = kmalloc(sizeof(*m) + (u32)size * sizeof(m->msg[0]));

	if (m) {
		waitqueue_init(&m->not_empty);
		waitqueue_init(&m->not_full);
		m->size = (u32)size;
	}
	*mbox = m;
	return m ? ERR_OK : ERR_MEM;
}

void sys_mbox_free(sys_mbox_t *mbox)
{
	wait_for_giver(&(*mbox)->lock);
	kfree(*mbox);
}

static bool mbox_put(struct lwip_mbox *m, void *msg)
{
	unsigned long irq = spin_lock_irqsave(&m->lock);
	bool room = m->used < m->size;

	if (room) {
		m->msg[(m->head + m->used++) % m->size] = msg;
		waitqueue_wake_one(&m->not_empty);
	}
	spin_unlock_irqrestore(&m->lock, irq);
	return room;
}

static bool mbox_get(struct lwip_mbox *m, void **msg)
{
	unsigned long irq = spin_lock_irqsave(&m->lock);
	bool any = m->used > 0;

	if (any) {
		if (msg)
			*msg = m->msg[m->head];
		m->head = (m->head + 1) % m->size;
		m->used--;
		waitqueue_wake_one(&m->not_full);
	}
	spin_unlock_irqrestore(&m->lock, irq);
	return any;
}

void sys_mbox_post(sys_mbox_t *mbox, void *msg)
{
	struct lwip_mbox *m = *mbox;

	wait_event(&m->not_full, mbox_put(m, msg));
}

err_t sys_mbox_trypost(sys_mbox_t *mbox, void *msg)
{
	return mbox_put(*mbox, msg) ? ERR_OK : ERR_MEM;
}

err_t sys_mbox_trypost_fromisr(sys_mbox_t *mbox, void *msg)
{
	return sys_mbox_trypost(mbox, msg);
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *mbox, void **msg, u32_t timeout_ms)
{
	struct lwip_mbox *m = *mbox;
	u64 start = clock_ns();

	if (wait_event_deadline(&m->not_empty, mbox_get(m, msg), deadline_of(timeout_ms), false))
		return SYS_ARCH_TIMEOUT;
	return waited_ms(start);
}

u32_t sys_arch_mbox_tryfetch(sys_mbox_t *mbox, void **msg)
{
	return mbox_get(*mbox, msg) ? 0 : SYS_MBOX_EMPTY;
}

/* The kernel's stacks have one size, its threads one priority. */
sys_thread_t sys_thread_new(const char *name, lwip_thread_fn fn, void *arg, int stack_bytes, int priority)
{
	struct thread *t = thread_create(name, fn, arg, true);

	(void)stack_bytes;
	(void)priority;
	if (t)
		thread_put(t);
	else
		lwip_port_thread_failed();
	return t != NULL;
}

u32_t sys_now(void)
{
	return (u32_t)(clock_ns() / 1000000);
}

void sys_init(void)
{
	/* nothing to prepare: every object is made on its own */
}

/* A few loads and stores each, never from interrupts; lwIP nests them. */
static spinlock_t protect_lock = SPINLOCK_INIT;
static struct thread *protect_owner;

sys_prot_t sys_arch_protect(void)
{
	if (READ_ONCE(protect_owner) == thread_current())
		return 1;
	spin_lock(&protect_lock);
	WRITE_ONCE(protect_owner, thread_current());
	return 0;
}

void sys_arch_unprotect(sys_prot_t nested)
{
	if (nested)
		return;
	WRITE_ONCE(protect_owner, NULL);
	spin_unlock(&protect_lock);
}

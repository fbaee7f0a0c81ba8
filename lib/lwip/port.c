// SPDX-License-Identifier: Apache-2.0
/*
 * port.c - starting lwIP, and what arch/cc.h promises it
 */
#include <errno.h>
#include <socle/arch.h>
#include <socle/lock.h>
#include <socle/log.h>
#include <socle/net.h>
#include <socle/time.h>
#include <lwip/sys.h>
#include <lwip/tcpip.h>
#include "port.h"

static struct mutex start_lock = MUTEX_INIT(start_lock);
static struct waitqueue start_wq = WAITQUEUE_INIT(start_wq);
static enum { STOPPED, FAILED, STARTING, RUNNING } state;

static void stack_runs(void *arg)
{
	(void)arg;
	WRITE_ONCE(state, RUNNING);
	waitqueue_wake_all(&start_wq);
}

void lwip_port_thread_failed(void)
{
	if (READ_ONCE(state) != STARTING)
		return;
	WRITE_ONCE(state, FAILED);
	waitqueue_wake_all(&start_wq);
}

int net_start(void)
{
	mutex_lock(&start_lock);
	if (state == STOPPED) {
		state = STARTING;
		tcpip_init(stack_runs, NULL);
		wait_event(&start_wq, READ_ONCE(state) != STARTING);
	}
	mutex_unlock(&start_lock);
	return READ_ONCE(state) == RUNNING ? 0 : -ENOMEM;
}

/* Ports and first sequence numbers. Without hardware numbers they are merely different each time. */
uint32_t lwip_port_random(void)
{
	u64 v;

	if (!arch_random(&v))
		v = (clock_ns() ^ arch_counter()) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(v >> 32);
}

int lwip_port_atoi(const char *s)
{
	int v = 0;

	for (; *s >= '0' && *s <= '9' && v < 100000000; s++)
		v = v * 10 + (*s - '0');
	return v;
}

void lwip_port_assert(const char *what, const char *file, int line)
{
	panic("lwip: %s:%d: %s\n", file, line, what);
}

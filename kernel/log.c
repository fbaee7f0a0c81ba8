/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.c - the ring log; each line goes to the console too
 *
 * Formatting needs no lock and no memory: a line is made on the stack, then
 * copied under a lock of its own. The lock is not a spinlock_t, because the
 * log is used before the first thread exists and from within panics.
 */
#include <socle/log.h>
#include <socle/arch.h>
#include "fb.h"
#include "format.h"

#define RING_BYTES	(CONFIG_LOG_RING_KIB * 1024u)
#define LINE_BYTES	512u

static char ring[RING_BYTES];
static u64 ring_end;			/* absolute position; under ring_lock */
static bool ring_lock, broken;
static enum log_level console_level = CONFIG_LOG_LEVEL;

static unsigned long ring_acquire(void)
{
	unsigned long flags = arch_irq_save();

	while (__atomic_test_and_set(&ring_lock, __ATOMIC_ACQUIRE) && !READ_ONCE(broken))
		arch_cpu_relax();
	return flags;
}

static void ring_release(unsigned long flags)
{
	__atomic_clear(&ring_lock, __ATOMIC_RELEASE);
	arch_irq_restore(flags);
}

void log_break(void)
{
	WRITE_ONCE(broken, true);
}

void log_set_level(enum log_level level)
{
	console_level = level;
}

static void console_write(const char *line, size_t n, bool alarm)
{
	arch_console_write(line, n);
	fb_write(line, n, alarm);
}

/* What was logged before there was a framebuffer is shown too. */
bool log_to_framebuffer(const struct boot_framebuffer *f, void *pixels)
{
	unsigned long flags = ring_acquire();
	bool ok = fb_init(f, pixels);

	for (u64 at = ring_end > RING_BYTES ? ring_end - RING_BYTES : 0; ok && at < ring_end; at++)
		fb_write(&ring[at % RING_BYTES], 1, false);
	ring_release(flags);
	return ok;
}

void log_printf(enum log_level level, const char *fmt, ...)
{
	char line[LINE_BYTES];
	unsigned long flags;
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = format_line(line, sizeof(line), fmt, ap);
	va_end(ap);

	flags = ring_acquire();
	for (size_t i = 0; i < n; i++)
		ring[(ring_end + i) % RING_BYTES] = line[i];
	ring_end += n;
	if (level <= console_level)
		console_write(line, n, level == LOG_ERROR);
	ring_release(flags);
}

size_t log_read(u64 *pos, char *buf, size_t len)
{
	unsigned long flags = ring_acquire();
	u64 oldest = ring_end > RING_BYTES ? ring_end - RING_BYTES : 0;
	size_t n;

	*pos = MIN(MAX(*pos, oldest), ring_end);
	n = MIN(len, (size_t)(ring_end - *pos));
	for (size_t i = 0; i < n; i++)
		buf[i] = ring[(*pos + i) % RING_BYTES];
	*pos += n;
	ring_release(flags);
	return n;
}

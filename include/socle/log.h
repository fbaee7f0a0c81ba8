/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - the ring log and panic
 *
 * error = our bug; notice = the operator should know; info; debug. What a
 * guest can trigger goes through LOG_RATELIMIT().
 */
#ifndef SOCLE_LOG_H
#define SOCLE_LOG_H

#include <stdarg.h>
#include <socle/types.h>

enum log_level { LOG_ERROR, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

/* Safe in any context but NMI. A line ends with '\n'. */
void log_printf(enum log_level level, const char *fmt, ...) __printf(2, 3);
void log_set_level(enum log_level level);
struct boot_framebuffer;
/* From now on the log is also drawn there. False: the framebuffer is absent, or its measures make no sense. */
bool log_to_framebuffer(const struct boot_framebuffer *f, void *pixels);
void log_break(void);		/* panic: from now on the log waits for no lock */

/* Copies log text from absolute position *@pos on; returns bytes, advances *@pos
 * past what was overwritten. Source of /dev/socle's log. */
size_t log_read(u64 *pos, char *buf, size_t len);

#define log_error(...)	log_printf(LOG_ERROR, __VA_ARGS__)
#define log_notice(...)	log_printf(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)	log_printf(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	log_printf(LOG_DEBUG, __VA_ARGS__)

/* At most 10 lines for each call site, then one in 1024. */
#define LOG_RATELIMIT(level, ...) do {					\
	static u32 log_count_;						\
	u32 n_ = __atomic_fetch_add(&log_count_, 1, __ATOMIC_RELAXED);	\
	if (n_ < 10 || (n_ & 1023) == 0)				\
		log_printf(level, __VA_ARGS__);				\
} while (0)

/* A broken invariant of our own. Never reachable by a guest. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;
#define ASSERT(c) do { if (unlikely(!(c)))				\
	panic("%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #c); } while (0)

#endif

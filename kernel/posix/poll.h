/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll.h - what poll.c and epoll.c share
 */
#ifndef POSIX_POLL_H
#define POSIX_POLL_H

#include "posix.h"

#define FILE_ALWAYS_READY (ABI_POLLIN | ABI_POLLOUT | ABI_POLLRDNORM | ABI_POLLWRNORM)

/* Ready events now; *@head NULL: the file has no events. */
u32 file_poll(struct file *f, struct poll_head **head);
/* Deadline and mask of ppoll and epoll_pwait; on 0 the caller ends with signal_call_done(). */
int call_wait_in(u64 app_time, u64 app_mask, u64 *deadline);

#endif

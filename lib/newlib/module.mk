# SPDX-License-Identifier: Apache-2.0
libc-y += lib/newlib/crt0.S lib/newlib/start.c lib/newlib/tls.c lib/newlib/reent.c lib/newlib/errno.c lib/newlib/err.c
libc-y += lib/newlib/files.c lib/newlib/dir.c lib/newlib/term.c lib/newlib/memory.c lib/newlib/poll.c lib/newlib/time.c
libc-y += lib/newlib/futex.c lib/newlib/thread.c lib/newlib/thread_attr.c lib/newlib/cancel.c lib/newlib/key.c
libc-y += lib/newlib/mutex.c lib/newlib/cond.c lib/newlib/rwlock.c lib/newlib/barrier.c lib/newlib/semaphore.c
libc-y += lib/newlib/signal.c lib/newlib/misc.c lib/newlib/getopt.c lib/newlib/absent.c lib/newlib/int128.c

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * absent.c - what newlib's headers declare and docs/posix.md does not list
 *
 * Programs that name such a function link; a call fails with ENOSYS and says
 * so once. The functions have names of their own here, so that no prototype
 * stands in the way.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "thread.h"

static long fail(const char *name, char *said)
{
	if (!__atomic_exchange_n(said, 1, __ATOMIC_RELAXED)) {
		static const char after[] = "() is absent\n";

		(void)!write(2, "app: ", 5);
		(void)!write(2, name, strlen(name));
		(void)!write(2, after, sizeof(after) - 1);
	}
	errno = ENOSYS;
	return -1;
}

#define ABSENT(name)					\
	long absent_##name(void) __asm__(#name);	\
	long absent_##name(void)			\
	{						\
		static char said;			\
		return fail(#name, &said);		\
	}

ABSENT(rename) ABSENT(link) ABSENT(symlink) ABSENT(readlink) ABSENT(mkdir) ABSENT(rmdir) ABSENT(chdir) ABSENT(chmod)
ABSENT(chown) ABSENT(mkfifo) ABSENT(truncate) ABSENT(utime) ABSENT(utimes) ABSENT(flock)
ABSENT(fork) ABSENT(vfork) ABSENT(execve) ABSENT(execv) ABSENT(execvp) ABSENT(execl) ABSENT(execlp) ABSENT(wait)
ABSENT(waitpid) ABSENT(system) ABSENT(setsid) ABSENT(setuid) ABSENT(setgid) ABSENT(sigaltstack) ABSENT(sigqueue)
ABSENT(timer_create) ABSENT(brk) ABSENT(sbrk) ABSENT(mremap)
ABSENT(_rename_r) ABSENT(_link_r) ABSENT(_mkdir_r) ABSENT(_fork_r) ABSENT(_execve_r) ABSENT(_wait_r)

char *getcwd(char *buf, size_t bytes)
{
	if (!buf || bytes < 2) {
		errno = buf ? ERANGE : EINVAL;
		return NULL;
	}
	return strcpy(buf, "/");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Linux's x86-64 numbers of the calls that syscall() knows here. */
#ifndef SYS_SYSCALL_H
#define SYS_SYSCALL_H

#define SYS_read		0
#define SYS_write		1
#define SYS_close		3
#define SYS_mmap		9
#define SYS_munmap		11
#define SYS_ioctl		16
#define SYS_sched_yield		24
#define SYS_madvise		28
#define SYS_getpid		39
#define SYS_gettid		186
#define SYS_futex		202
#define SYS_exit_group		231
#define SYS_tgkill		234
#define SYS_eventfd2		290
#define SYS_getcpu		309
#define SYS_getrandom		318

#define __NR_gettid		SYS_gettid
#define __NR_futex		SYS_futex
#define __NR_tgkill		SYS_tgkill
#define __NR_getcpu		SYS_getcpu
#define __NR_getrandom		SYS_getrandom

#endif

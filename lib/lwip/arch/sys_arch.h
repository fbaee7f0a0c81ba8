/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys_arch.h - lwIP's semaphores, mutexes, mailboxes and threads: sys_arch.c
 *
 * All are pointers; NULL is lwIP's "invalid".
 */
#ifndef LWIP_ARCH_SYS_ARCH_H
#define LWIP_ARCH_SYS_ARCH_H

#include <stddef.h>

typedef struct lwip_sem *sys_sem_t;
typedef struct lwip_mbox *sys_mbox_t;
typedef struct mutex *sys_mutex_t;
typedef int sys_thread_t;		/* 1 started, 0 not */
typedef unsigned sys_prot_t;

#define sys_sem_valid(s)		(*(s) != NULL)
#define sys_sem_set_invalid(s)		(*(s) = NULL)
#define sys_mbox_valid(m)		(*(m) != NULL)
#define sys_mbox_set_invalid(m)		(*(m) = NULL)
#define sys_mutex_valid(m)		(*(m) != NULL)
#define sys_mutex_set_invalid(m)	(*(m) = NULL)

#endif

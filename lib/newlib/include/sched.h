/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCHED_H
#define SCHED_H

#include <string.h>
#include <sys/sched.h>
#include <sys/types.h>

#define CPU_SETSIZE 1024
typedef struct { unsigned long bits[CPU_SETSIZE / 64]; } cpu_set_t;

int sched_yield(void);
int sched_getscheduler(pid_t pid);
int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param);
int sched_get_priority_min(int policy);
int sched_get_priority_max(int policy);

#if __GNU_VISIBLE
#define SCHED_BATCH	3
#define SCHED_IDLE	5
int sched_getcpu(void);
int sched_setaffinity(pid_t pid, size_t bytes, const cpu_set_t *set);
int sched_getaffinity(pid_t pid, size_t bytes, cpu_set_t *set);
int __sched_cpucount(size_t bytes, const cpu_set_t *set);

#define __CPU_BIT(n)		(1ul << ((unsigned)(n) % 64))
#define CPU_ZERO_S(bytes, s)	memset((s), 0, (bytes))
#define CPU_ZERO(s)		CPU_ZERO_S(sizeof(cpu_set_t), s)
#define CPU_SET(n, s)		((void)((s)->bits[(unsigned)(n) / 64 % 16] |= __CPU_BIT(n)))
#define CPU_CLR(n, s)		((void)((s)->bits[(unsigned)(n) / 64 % 16] &= ~__CPU_BIT(n)))
#define CPU_ISSET(n, s)		(((s)->bits[(unsigned)(n) / 64 % 16] & __CPU_BIT(n)) != 0)
#define CPU_COUNT(s)		__sched_cpucount(sizeof(cpu_set_t), s)
#define CPU_EQUAL(a, b)		(memcmp((a), (b), sizeof(cpu_set_t)) == 0)
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* errno.c - the kernel's (Linux's) error numbers to newlib's; equal up to 34 */
#include <errno.h>
#include <stddef.h>
#include "gate.h"

static const struct { unsigned char linux_nr; short ours; } table[] = {
	{ 35, EDEADLK }, { 36, ENAMETOOLONG }, { 37, ENOLCK }, { 38, ENOSYS }, { 39, ENOTEMPTY },
	{ 40, ELOOP }, { 62, ETIME }, { 71, EPROTO }, { 75, EOVERFLOW }, { 84, EILSEQ },
	{ 88, ENOTSOCK }, { 95, EOPNOTSUPP }, { 105, ENOBUFS }, { 110, ETIMEDOUT },
};

int libc_errno_of(long nr)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].linux_nr == nr)
			return table[i].ours;
	return (int)nr;
}

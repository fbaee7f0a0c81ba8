/* SPDX-License-Identifier: Apache-2.0 */
/* newlib's <sys/stat.h>, and what it declares for other systems only. */
#include_next <sys/stat.h>
#ifndef SOCLE_SYS_STAT_H
#define SOCLE_SYS_STAT_H

int lstat(const char *path, struct stat *st);

#endif

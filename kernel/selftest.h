/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest.h - tests of the running kernel, option selftest
 */
#ifndef KERNEL_SELFTEST_H
#define KERNEL_SELFTEST_H

#include <socle/types.h>

bool selftest_msi(void);	/* selftest_pci.c */
u32 selftest_run(void);		/* how many failed */

#endif

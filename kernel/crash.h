/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.h - option crash=HOW of the kernel
 */
#ifndef KERNEL_CRASH_H
#define KERNEL_CRASH_H

void crash_run(void);		/* returns when the option is absent */

#endif

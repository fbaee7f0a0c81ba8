/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - the app's memory on the simulated machine
 */
#ifndef TEST_FAKE_APP_H
#define TEST_FAKE_APP_H

#include <socle/types.h>

#define APP_BASE	0x10000000ull
#define APP_PAGES	1024u

void app_reset(void);			/* all mapped, no frame present, no notifier */
void app_munmap(u64 va, u64 pages);	/* frames go back; later accesses: -EFAULT */
void app_remap(u64 va, u64 pages);
u64 app_frames(void);			/* present */
/* The app's own access: a pointer that holds until the page is unmapped. NULL: fault. */
void *app_ptr(u64 va);

#endif

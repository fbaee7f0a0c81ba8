/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - the app, as the rest of the kernel sees it
 */
#ifndef SOCLE_PROCESS_H
#define SOCLE_PROCESS_H

#include <socle/types.h>

struct boot_info;

/* The calling kernel thread becomes the app's first. @image: used unless the boot volume has
 * \socle\app.elf. Its arguments are the words of \socle\args. */
void app_run(const struct boot_info *bi, const void *image, u64 image_bytes) __noreturn;
void proc_exit(int status) __noreturn;

/* Another mask of blocked signals for the current thread while it is in one call (KVM_RUN): what it
 * interrupts the call for and the old mask blocks stays pending. begin() returns the old mask. */
u64 signal_mask_begin(u64 mask);
void signal_mask_end(u64 old);

#endif

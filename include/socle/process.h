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

#endif

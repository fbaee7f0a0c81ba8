/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fb.h - the log as text on the firmware's framebuffer
 */
#ifndef KERNEL_FB_H
#define KERNEL_FB_H

#include <socle/boot_info.h>
#include <socle/types.h>

/* @pixels: @f->pa, mapped. False: there is none, or its measures make no sense. Clears it. */
bool fb_init(const struct boot_framebuffer *f, void *pixels);
/* Caller serialises. @alarm: in red. Without fb_init() nothing happens. */
void fb_write(const char *text, size_t n, bool alarm);
/* Seven rows of five bits, bit 4 is left; NUL and others: a full block. */
void fb_glyph(char c, u8 rows[7]);

#endif

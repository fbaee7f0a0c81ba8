/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldisc.h - line discipline of a terminal: what input and output bytes become
 *
 * Pure: no locks, no I/O. In canonical mode the ring ends with the line that is
 * being edited (nr_edit entries), which is not readable yet.
 *
 * Source: POSIX 11.1 "Interface Characteristics", termios(3).
 */
#ifndef POSIX_LDISC_H
#define POSIX_LDISC_H

#include <socle/types.h>

#define LDISC_RING 16384u

/* The kernel interface's struct termios. */
struct ktermios { u32 iflag, oflag, cflag, lflag; u8 line, cc[19]; };

#define KT_INLCR	0000100u
#define KT_IGNCR	0000200u
#define KT_ICRNL	0000400u
#define KT_OPOST	0000001u
#define KT_ONLCR	0000004u
#define KT_ISIG		0000001u
#define KT_ICANON	0000002u
#define KT_ECHO		0000010u
#define KT_ECHOE	0000020u
#define KT_ECHOK	0000040u
#define KT_ECHONL	0000100u
#define KT_NOFLSH	0000200u
enum { KC_INTR, KC_QUIT, KC_ERASE, KC_KILL, KC_EOF, KC_TIME, KC_MIN };

struct ldisc {
	struct ktermios t;
	u16 ring[LDISC_RING];		/* byte, and LDISC_END where a line ends */
	u32 head, count;		/* count includes nr_edit */
	u32 nr_edit, nr_lines;
};

/* What to print for one input byte. */
struct ldisc_echo { u8 bytes[8]; u32 nr; };

void ldisc_init(struct ldisc *d, bool echo);
/* The signal to send, or 0. A byte that finds the ring full is lost. */
int ldisc_input(struct ldisc *d, u8 byte, struct ldisc_echo *echo);
/* Whether a read ends: a line, or @min bytes when the mode is not canonical. */
bool ldisc_is_readable(const struct ldisc *d, u32 min);
/* Takes at most @max bytes, of one line in canonical mode. 0: nothing, or end of file. */
u32 ldisc_read(struct ldisc *d, u8 *out, u32 max);
/* @out has room for 2 * @n. Bytes written there. */
u32 ldisc_output(const struct ldisc *d, const u8 *in, u32 n, u8 *out);
/* What cannot be had is cleared, as a driver does. */
void ldisc_set(struct ldisc *d, const struct ktermios *t);
void ldisc_flush(struct ldisc *d);
u32 ldisc_nr_readable(const struct ldisc *d);	/* FIONREAD */

#endif

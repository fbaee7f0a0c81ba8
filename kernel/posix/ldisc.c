/* SPDX-License-Identifier: Apache-2.0 */
/* ldisc.c - see ldisc.h */
#include <string.h>
#include "abi.h"
#include "ldisc.h"

#define LDISC_END	0x100u		/* the line ends here; the byte is part of it */
#define LDISC_EOF	0x200u		/* the line ends here; the byte is not */
#define CS8_CREAD_38400	0000277u
#define DELETE		127u

void ldisc_init(struct ldisc *d, bool echo)
{
	static const u8 cc[19] = { 3, 28, DELETE, 21, 4, 0, 1 };

	memset(d, 0, sizeof(*d));
	d->t.iflag = KT_ICRNL;
	d->t.oflag = KT_OPOST | KT_ONLCR;
	d->t.cflag = CS8_CREAD_38400;
	d->t.lflag = KT_ISIG | KT_ICANON | (echo ? KT_ECHO | KT_ECHOE | KT_ECHOK : 0);
	memcpy(d->t.cc, cc, sizeof(cc));
}

static bool is_canonical(const struct ldisc *d)
{
	return d->t.lflag & KT_ICANON;
}

static void echo_text(const struct ldisc *d, struct ldisc_echo *e, const char *text, u32 nr)
{
	e->nr += ldisc_output(d, (const u8 *)text, nr, e->bytes + e->nr);
}

static void push(struct ldisc *d, u32 entry)
{
	d->ring[(d->head + d->count++) % LDISC_RING] = (u16)entry;
	d->nr_edit++;
	if (is_canonical(d) && !(entry & (LDISC_END | LDISC_EOF)))
		return;
	d->nr_edit = 0;
	d->nr_lines += (entry & (LDISC_END | LDISC_EOF)) != 0;
}

static void erase(struct ldisc *d, u32 nr, struct ldisc_echo *e)
{
	d->count -= nr;
	d->nr_edit -= nr;
	if (nr && (d->t.lflag & KT_ECHO) && (d->t.lflag & KT_ECHOE))
		echo_text(d, e, "\b \b", 3);
}

/* True: the byte did its work. The whole line goes: a new line says so. */
static bool edit(struct ldisc *d, u8 byte, struct ldisc_echo *e)
{
	if (byte == d->t.cc[KC_ERASE]) {
		erase(d, d->nr_edit ? 1 : 0, e);
	} else if (byte == d->t.cc[KC_KILL]) {
		d->count -= d->nr_edit;
		d->nr_edit = 0;
		if ((d->t.lflag & KT_ECHO) && (d->t.lflag & KT_ECHOK))
			echo_text(d, e, "\n", 1);
	} else if (byte == d->t.cc[KC_EOF]) {
		if (d->count < LDISC_RING)
			push(d, LDISC_EOF);
	} else {
		return false;
	}
	return true;
}

static int signal_of(struct ldisc *d, u8 byte, struct ldisc_echo *e)
{
	int sig = byte == d->t.cc[KC_INTR] ? ABI_SIGINT : byte == d->t.cc[KC_QUIT] ? ABI_SIGQUIT : 0;
	const char text[2] = { '^', (char)(byte + '@') };

	if (!(d->t.lflag & KT_ISIG) || !byte || !sig)
		return 0;
	if (!(d->t.lflag & KT_NOFLSH))
		ldisc_flush(d);
	if (d->t.lflag & KT_ECHO)
		echo_text(d, e, text, 2);
	return sig;
}

int ldisc_input(struct ldisc *d, u8 byte, struct ldisc_echo *e)
{
	int sig;

	e->nr = 0;
	if (byte == '\r' && (d->t.iflag & KT_IGNCR))
		return 0;
	if (byte == '\r' && (d->t.iflag & KT_ICRNL))
		byte = '\n';
	else if (byte == '\n' && (d->t.iflag & KT_INLCR))
		byte = '\r';
	sig = signal_of(d, byte, e);
	if (sig || (is_canonical(d) && byte && edit(d, byte, e)))
		return sig;
	/* The last place is for the end of a line that is too long. */
	if (d->count >= LDISC_RING - 1 && !(byte == '\n' && d->count < LDISC_RING))
		return 0;
	push(d, byte | (byte == '\n' ? LDISC_END : 0));
	if ((d->t.lflag & KT_ECHO) || (byte == '\n' && is_canonical(d) && (d->t.lflag & KT_ECHONL)))
		echo_text(d, e, (const char *)&byte, 1);
	return 0;
}

u32 ldisc_nr_readable(const struct ldisc *d)
{
	return is_canonical(d) ? d->count - d->nr_edit : d->count;
}

bool ldisc_is_readable(const struct ldisc *d, u32 min)
{
	return is_canonical(d) ? d->nr_lines != 0 : d->count >= min && d->count;
}

u32 ldisc_read(struct ldisc *d, u8 *out, u32 max)
{
	u32 n = 0, left = is_canonical(d) && !d->nr_lines ? 0 : ldisc_nr_readable(d);

	while (n < max && left--) {
		u32 entry = d->ring[d->head];

		d->head = (d->head + 1) % LDISC_RING;
		d->count--;
		d->nr_lines -= (entry & (LDISC_END | LDISC_EOF)) != 0;
		if (!(entry & LDISC_EOF))
			out[n++] = (u8)entry;
		if (is_canonical(d) && (entry & (LDISC_END | LDISC_EOF)))
			break;
	}
	return n;
}

u32 ldisc_output(const struct ldisc *d, const u8 *in, u32 n, u8 *out)
{
	bool convert = (d->t.oflag & KT_OPOST) && (d->t.oflag & KT_ONLCR);
	u32 nr = 0;

	for (u32 i = 0; i < n; i++) {
		if (in[i] == '\n' && convert)
			out[nr++] = '\r';
		out[nr++] = in[i];
	}
	return nr;
}

/* A line that was being edited is readable when lines do not count any more. */
void ldisc_set(struct ldisc *d, const struct ktermios *t)
{
	d->t.iflag = t->iflag & (KT_INLCR | KT_IGNCR | KT_ICRNL);
	d->t.oflag = t->oflag & (KT_OPOST | KT_ONLCR);
	d->t.lflag = t->lflag & (KT_ISIG | KT_ICANON | KT_ECHO | KT_ECHOE | KT_ECHOK | KT_ECHONL | KT_NOFLSH);
	memcpy(d->t.cc, t->cc, KC_MIN + 1);
	if (!is_canonical(d))
		d->nr_edit = 0;
}

void ldisc_flush(struct ldisc *d)
{
	d->head = d->count = d->nr_edit = d->nr_lines = 0;
}

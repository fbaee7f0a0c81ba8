/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.c - segmentation, splitting into page fragments, and the replay log
 *
 * Invariant: a device access that is done is in the log until the instruction
 * (or the current element of a REP string) ends; log_pos walks it in the order
 * in which the instruction makes its accesses, which is the same every time.
 */
#include "priv.h"

#include <string.h>

bool is_canonical(const struct emul_ctx *c, u64 linear)
{
	u32 shift = c->s.la57 ? 64 - 57 : 64 - 48;

	return (u64)((s64)(linear << shift) >> shift) == linear;
}

static bool limit_ok(const struct emul_seg *s, u64 off, u32 len)
{
	u64 last = off + len - 1;
	bool down = (s->attr & (EMUL_ATTR_S | 0xc)) == (EMUL_ATTR_S | 0x4);

	if (last < off)
		return false;
	if (!down)
		return last <= s->limit;
	return off > s->limit && last <= (s->attr & EMUL_ATTR_DB ? 0xffffffffull : 0xffffull);
}

static bool rights_ok(const struct emul_ctx *c, const struct emul_seg *s, bool write)
{
	u32 type = s->attr & 0xf;

	if (!is_protected(c))
		return true;
	if (!(s->attr & EMUL_ATTR_P))
		return false;
	if (write)
		return (type & 0xa) == 0x2;	/* writable data */
	return (type & 0xa) != 0x8;		/* not execute-only code */
}

int mem_linear(struct emul_ctx *c, u32 seg, u64 off, u32 len, bool write, u64 *linear)
{
	const struct emul_seg *s = &c->s.seg[seg];
	u8 vector = seg == EMUL_SS ? V_SS : V_GP;
	u64 la = off;

	if (c->mode == EMUL_MODE_LONG) {
		if (seg == EMUL_FS || seg == EMUL_GS)
			la += s->base;
		if (!is_canonical(c, la) || !is_canonical(c, la + len - 1))
			return emul_fault(c, vector, 0);
	} else {
		if (!rights_ok(c, s, write) || !limit_ok(s, off, len))
			return emul_fault(c, vector, 0);
		la = (u32)(s->base + off);
	}
	*linear = la;
	return EMUL_OK;
}

/* The logged access if this one is done already, else NULL. */
static struct emul_logged *log_next(struct emul_ctx *c, const struct emul_pending *p)
{
	struct emul_logged *l = &c->log[c->log_pos];

	if (c->log_pos >= c->log_len || l->p.kind != p->kind || l->p.addr != p->addr ||
	    l->p.size != p->size || l->p.count != p->count)
		return NULL;
	c->log_pos++;
	return l;
}

static int log_done(struct emul_ctx *c, const struct emul_pending *p, const void *data)
{
	struct emul_logged *l = &c->log[c->log_len++];

	l->p = *p;
	if (data)
		memcpy(l->data, data, MIN(p->size, (u32)sizeof(l->data)));
	c->log_pos = c->log_len;
	return EMUL_OK;
}

/* A posted write goes out before anything else happens on a device. */
int flush_posted(struct emul_ctx *c)
{
	c->posted = false;
	c->pending_logged = true;
	return EMUL_EXIT;
}

static int log_result(struct emul_ctx *c, const struct emul_pending *p, const void *data, int res)
{
	if (res == EMUL_UNHANDLED && c->posted)
		return flush_posted(c);
	if (res != EMUL_DEVICE && res != EMUL_EXIT)
		return res;
	if (c->log_len == EMUL_LOG)
		return EMUL_UNHANDLED;
	if (res == EMUL_DEVICE)
		return log_done(c, p, data);
	c->pending = *p;
	c->pending_logged = false;
	return EMUL_EXIT;
}

/* What INS has read ahead must not be left behind: then the write is not posted. */
static int post(struct emul_ctx *c, const struct emul_pending *p, int res)
{
	if (res != EMUL_EXIT || c->pending_logged || c->io_pos != c->io_end)
		return res;
	c->posted = true;
	return log_done(c, p, NULL);
}

static u32 ram_only(const struct emul_ctx *c, u32 flags)
{
	return c->posted ? flags | EMUL_ACC_RAM : flags;
}

static int frag_read(struct emul_ctx *c, u64 la, void *buf, u32 len, u32 flags)
{
	struct emul_pending p = { EMUL_MEM_READ, la, len, 1 };
	const struct emul_logged *l = log_next(c, &p);

	if (l) {
		memcpy(buf, l->data, len);
		return EMUL_OK;
	}
	return log_result(c, &p, buf, c->ops->read(c, la, buf, len, ram_only(c, flags)));
}

static int frag_write(struct emul_ctx *c, u64 la, const void *buf, u32 len, u32 flags)
{
	struct emul_pending p = { EMUL_MEM_WRITE, la, len, 1 };

	if (flags & EMUL_ACC_PROBE)
		return c->ops->write(c, la, buf, len, flags);
	if (log_next(c, &p))
		return EMUL_OK;
	return post(c, &p, log_result(c, &p, buf, c->ops->write(c, la, buf, len, ram_only(c, flags))));
}

/* Bytes of the next fragment: not over a page, not over eight. */
static u32 frag_len(u64 la, u32 len)
{
	u32 room = (u32)(PAGE_SIZE - (la & (PAGE_SIZE - 1)));

	return MIN(MIN(len, room), 8u);
}

static u64 la_next(const struct emul_ctx *c, u64 la, u32 n)
{
	return c->mode == EMUL_MODE_LONG ? la + n : (u32)(la + n);
}

int mem_read(struct emul_ctx *c, u64 la, void *buf, u32 len, u32 flags)
{
	u8 *p = buf;

	while (len) {
		u32 n = frag_len(la, len);

		TRY(frag_read(c, la, p, n, flags));
		la = la_next(c, la, n);
		p += n;
		len -= n;
	}
	return EMUL_OK;
}

/* Both pages are checked before the first byte is written: a fault on the second leaves nothing. */
int mem_write(struct emul_ctx *c, u64 la, const void *buf, u32 len, u32 flags)
{
	const u8 *p = buf;

	if (frag_len(la, len) < len && !(flags & EMUL_ACC_PROBE)) {
		u64 last = la_next(c, la, len - 1);

		TRY(frag_write(c, la, p, 1, flags | EMUL_ACC_PROBE));
		TRY(frag_write(c, last, p + len - 1, 1, flags | EMUL_ACC_PROBE));
	}
	while (len) {
		u32 n = frag_len(la, len);

		TRY(frag_write(c, la, p, n, flags));
		la = la_next(c, la, n);
		p += n;
		len -= n;
	}
	return EMUL_OK;
}

int seg_read(struct emul_ctx *c, u32 seg, u64 off, void *buf, u32 len, u32 flags)
{
	u64 la;

	TRY(mem_linear(c, seg, off, len, (flags & EMUL_ACC_RMW) != 0, &la));
	return mem_read(c, la, buf, len, flags);
}

int seg_write(struct emul_ctx *c, u32 seg, u64 off, const void *buf, u32 len, u32 flags)
{
	u64 la;

	TRY(mem_linear(c, seg, off, len, true, &la));
	return mem_write(c, la, buf, len, flags);
}

/* Over a page boundary or on a device there is no atomic form: a plain write, as on KVM. */
int mem_cmpxchg(struct emul_ctx *c, u64 la, void *old, const void *new_val, u32 len)
{
	int res = EMUL_UNHANDLED;

	if (frag_len(la, len) == MIN(len, 8u) && c->ops->cmpxchg &&
	    (la & (PAGE_SIZE - 1)) + len <= PAGE_SIZE)
		res = c->ops->cmpxchg(c, la, old, new_val, len);
	return res == EMUL_UNHANDLED ? mem_write(c, la, new_val, len, 0) : res;
}

int pio_check(struct emul_ctx *c, u16 port, u32 size)
{
	bool bitmap = c->mode == EMUL_MODE_VM86 ||
		(is_protected(c) && c->s.cpl > (c->s.rflags & FL_IOPL) >> 12);

	if (!bitmap)
		return EMUL_OK;
	return c->ops->io_allowed ? c->ops->io_allowed(c, port, size) : EMUL_UNHANDLED;
}

int pio_do_in(struct emul_ctx *c, u16 port, u32 size, void *buf)
{
	struct emul_pending p = { EMUL_PIO_IN, port, size, 1 };
	const struct emul_logged *l;

	TRY(pio_check(c, port, size));
	l = log_next(c, &p);
	if (l) {
		memcpy(buf, l->data, size);
		return EMUL_OK;
	}
	if (!c->ops->pio_in)
		return EMUL_UNHANDLED;
	if (c->posted)
		return flush_posted(c);
	return log_result(c, &p, buf, c->ops->pio_in(c, port, size, 1, buf));
}

int pio_do_out(struct emul_ctx *c, u16 port, u32 size, u32 count, const void *buf)
{
	struct emul_pending p = { EMUL_PIO_OUT, port, size, count };

	if (log_next(c, &p))
		return EMUL_OK;
	if (!c->ops->pio_out)
		return EMUL_UNHANDLED;
	if (c->posted)
		return flush_posted(c);
	return post(c, &p, log_result(c, &p, NULL, c->ops->pio_out(c, port, size, count, buf)));
}

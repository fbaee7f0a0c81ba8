/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest_walk.c - linear to guest physical through the guest's own tables
 *
 * Intel SDM vol. 3, chapter 4; AMD APM vol. 2, chapter 5. Tables are read from
 * guest memory each time; what may be remembered is where their pages are
 * (struct kvm_frame_cache), and the last walk: it is repeated by looking at
 * its entries again.
 */
#include <errno.h>
#include <string.h>
#include "vcpu.h"

#define TRIES 16		/* pages that one walk may miss, with some that change meanwhile */

#define WALK_CR4	(CR4_PSE | CR4_PAE | CR4_LA57 | CR4_SMEP | CR4_SMAP)	/* what a walk depends on */

#define PTE_P	BIT(0)
#define PTE_W	BIT(1)
#define PTE_U	BIT(2)
#define PTE_PS	BIT(7)
#define PTE_NX	BIT(63)
#define RFLAGS_AC BIT(18)

struct mode { u32 levels, bits, entry; u64 root; };

static struct mode paging_mode(const struct kvm_vcpu *v)
{
	u64 cr3 = v->arch.cr3;

	if (v->arch.efer & EFER_LMA)
		return (struct mode){ v->arch.cr4 & CR4_LA57 ? 5 : 4, 9, 8, cr3 & 0xffffffffff000ull };
	if (v->arch.cr4 & CR4_PAE)
		return (struct mode){ 3, 9, 8, cr3 & 0xffffffe0ull };
	return (struct mode){ 2, 10, 4, cr3 & 0xfffff000ull };
}

static int fault(u32 bits, u32 access, u32 *error)
{
	*error = bits | access;
	return -EFAULT;
}

/* Rights of all levels, ANDed (NX: ORed), against the access. */
static bool allowed(const struct kvm_vcpu *v, u64 rights, bool nx, u32 access)
{
	bool user = access & PF_USER;

	if (user && !(rights & PTE_U))
		return false;
	if ((access & PF_WRITE) && !(rights & PTE_W) && (user || (v->arch.cr0 & CR0_WP)))
		return false;
	if (access & PF_FETCH)
		return !nx && (user || !(rights & PTE_U) || !(v->arch.cr4 & CR4_SMEP));
	if (!user && (rights & PTE_U) && (v->arch.cr4 & CR4_SMAP) && !(v->arch.rflags & RFLAGS_AC))
		return false;
	return true;
}

static bool is_large(const struct kvm_vcpu *v, const struct mode *m, u32 level, u64 e)
{
	if (level == 0)
		return true;
	if (!(e & PTE_PS))
		return false;
	if (m->entry == 4)
		return level == 1 && (v->arch.cr4 & CR4_PSE);
	return level == 1 || (level == 2 && m->levels >= 4);
}

static u64 leaf_address(const struct mode *m, u32 level, u64 e, u64 linear)
{
	u64 span = 1ull << (12 + m->bits * level), base = e & 0xffffffffff000ull;

	if (m->entry == 4 && level == 1)	/* PSE-36 */
		base = (e & 0xffc00000ull) | (e >> 13 & 0xff) << 32;
	return (base & ~(span - 1)) | (linear & (span - 1));
}

/* Where a walk reads from: with a memo the pages of v->frames, under its lock; else guest memory. */
struct reader {
	struct kvm_vcpu *v;
	struct guest_memo *memo;	/* takes notes; NULL: not cached */
	u32 role;			/* with @missing */
	u64 missing;
};

static const u8 *find_page(struct reader *r, u32 role, u64 gpa)
{
	const u8 *page = kvm_frames_find(&r->v->frames, role, gpa >> PAGE_SHIFT);

	if (!page) {
		r->role = role;
		r->missing = gpa >> PAGE_SHIFT;
	}
	return page;
}

/* 0; -EAGAIN: page @r->missing is not in the cache; -EFAULT: no memory there. @n: 4 or 8, aligned. */
static int read_entry(struct reader *r, u32 level, u64 gpa, u32 n, u64 *e)
{
	const u8 *page;

	if (!r->memo)
		return kvm_read_guest(r->v->kvm, GPA(gpa), e, n);
	page = find_page(r, level, gpa);
	if (!page)
		return -EAGAIN;
	page += gpa & ~PAGE_MASK;
	if (n == 4) {
		*e = READ_ONCE(*(const u32 *)(const void *)page);
		return 0;
	}
	*e = READ_ONCE(*(const u64 *)(const void *)page);
	r->memo->entry[r->memo->levels] = (const u64 *)(const void *)page;
	r->memo->val[r->memo->levels++] = *e;
	return 0;
}

static int walk(struct reader *r, u64 linear, u32 access, u64 *gpa, u32 *error)
{
	struct kvm_vcpu *v = r->v;
	struct mode m = paging_mode(v);
	u64 table = m.root, rights = PTE_W | PTE_U;
	bool nx = false;

	if (!(v->arch.cr0 & CR0_PG)) {
		*gpa = (u32)linear;
		return 0;
	}
	if (!(v->arch.efer & EFER_NX) && !(v->arch.cr4 & CR4_SMEP))
		access &= ~PF_FETCH;
	for (u32 level = m.levels; level-- > 0;) {
		u64 e = 0, index = linear >> (12 + m.bits * level);
		u64 mask = m.entry == 8 && level == 2 && m.levels == 3 ? 3 : (1ull << m.bits) - 1;
		int err = read_entry(r, level, table + (index & mask) * m.entry, m.entry, &e);

		if (err == -EAGAIN)
			return err;
		if (err || !(e & PTE_P))
			return fault(0, access, error);
		if (!(m.levels == 3 && level == 2)) {	/* a PDPTE of PAE has no rights */
			rights &= e;
			nx |= m.entry == 8 && (v->arch.efer & EFER_NX) && (e & PTE_NX);
		}
		if (is_large(v, &m, level, e)) {
			if (!allowed(v, rights, nx, access))
				return fault(PF_PRESENT, access, error);
			*gpa = leaf_address(&m, level, e, linear);
			return 0;
		}
		table = m.entry == 8 ? e & 0xffffffffff000ull : e & 0xfffff000ull;
	}
	return fault(0, access, error);
}

static bool memo_holds(const struct kvm_vcpu *v, const struct guest_memo *m, u64 linear, u32 access)
{
	if (m->generation != v->frames.generation || m->page != (linear & PAGE_MASK) || m->access != access)
		return false;
	if (m->cr3 != v->arch.cr3 || m->cr0 != v->arch.cr0 || m->cr4 != (v->arch.cr4 & WALK_CR4) || m->efer != v->arch.efer ||
	    m->rflags_ac != (v->arch.rflags & RFLAGS_AC))
		return false;
	for (u32 i = 0; i < m->levels; i++)
		if (READ_ONCE(*m->entry[i]) != m->val[i])
			return false;
	return true;
}

/* A walk of 8-byte entries that ended well; @m has its entries. */
static void memo_keep(const struct kvm_vcpu *v, struct guest_memo *m, u64 linear, u32 access, u64 gpa)
{
	if (!m->levels)
		return;
	m->page = linear & PAGE_MASK;
	m->access = access;
	m->cr0 = v->arch.cr0;
	m->cr3 = v->arch.cr3;
	m->cr4 = v->arch.cr4 & WALK_CR4;
	m->efer = v->arch.efer;
	m->rflags_ac = v->arch.rflags & RFLAGS_AC;
	m->gpa_page = gpa & PAGE_MASK;
	m->contents = NULL;
	m->generation = v->frames.generation;
}

static int walk_cached(struct reader *r, u64 linear, u32 access, u64 *gpa, u32 *error)
{
	struct guest_memo *m = r->memo;
	int err;

	if (memo_holds(r->v, m, linear, access)) {
		*gpa = m->gpa_page | (linear & ~PAGE_MASK);
		return 0;
	}
	m->generation = 0;
	m->levels = 0;
	m->contents = NULL;
	err = walk(r, linear, access, gpa, error);
	if (!err)
		memo_keep(r->v, m, linear, access, *gpa);
	return err;
}

/* Bytes of the page that the walk ended at; the usual few are not worth a call. */
static int copy_cached(struct reader *r, u64 gpa, void *buf, u32 n)
{
	const u8 *page = r->memo->contents;

	if (!page) {
		page = find_page(r, KVM_FRAME_CONTENTS, gpa);
		if (!page)
			return -EAGAIN;
		r->memo->contents = page;
	}
	page += gpa & ~PAGE_MASK;
	if (n == GUEST_INSN_BYTES)
		__builtin_memcpy(buf, page, GUEST_INSN_BYTES);
	else
		memcpy(buf, page, n);
	return 0;
}

static int read_uncached(struct kvm_vcpu *v, u64 linear, u32 access, void *buf, u32 n, u64 *gpa, u32 *error)
{
	struct reader r = { .v = v };
	int err = walk(&r, linear, access, gpa, error);

	if (err || !n)
		return err;
	return kvm_read_guest(v->kvm, GPA(*gpa), buf, n) ? -ENXIO : 0;
}

int guest_read(struct kvm_vcpu *v, u64 linear, u32 access, void *buf, u32 n, u64 *gpa, u32 *error)
{
	struct reader r = { .v = v, .memo = &v->arch.memo[(access & PF_FETCH) != 0] };

	for (u32 i = 0; i < TRIES; i++) {
		int err;

		spin_lock(&v->frames.lock);
		err = walk_cached(&r, linear, access, gpa, error);
		if (!err && n)
			err = copy_cached(&r, *gpa, buf, n);
		spin_unlock(&v->frames.lock);
		if (err != -EAGAIN)
			return err;
		err = kvm_frames_fill(v, r.role, r.missing);
		if (err && err != -EAGAIN)
			break;
	}
	return read_uncached(v, linear, access, buf, n, gpa, error);
}

int guest_walk(struct kvm_vcpu *v, u64 linear, u32 access, u64 *gpa, u32 *error)
{
	return guest_read(v, linear, access, NULL, 0, gpa, error);
}

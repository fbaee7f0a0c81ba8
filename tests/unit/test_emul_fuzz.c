// SPDX-License-Identifier: Apache-2.0
/*
 * Decoder and executor with random bytes in random states of every mode, and a
 * world that faults, has devices and asks the VMM at random. Nothing crashes,
 * and what the contract promises holds: an exit or a fault leaves the state as
 * it was (or after whole elements of a REP string), a device sees each access
 * once and in order, and every exit makes progress.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "../../arch/x86/kvm/emul/priv.h"

static u64 seed;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dull;
}

static u32 below(u32 n) { return (u32)(rnd() >> 33) % n; }

static struct emul_ctx ctx;
static u32 exits;
enum world { RAM, KERNEL, VMM, FAULTS };

/* What is at an address stays the same while one instruction runs. */
static u64 salt;
static enum world world_at(u64 la)
{
	u64 h = (la >> 12 ^ salt) * 0x9e3779b97f4a7c15ull;

	return (enum world)(h >> 61 < 4 ? RAM : (h >> 61) - 4);
}

static int answer(struct emul_ctx *c, u64 la, u32 flags, bool write)
{
	enum world w = world_at(la);

	if (w == FAULTS)
		return emul_page_fault(c, la, write ? 2 : 0);
	if (w == RAM || (flags & EMUL_ACC_PROBE))
		return EMUL_OK;
	if (flags & EMUL_ACC_RAM)
		return EMUL_UNHANDLED;
	assert_false(c->posted);		/* nothing overtakes a posted write */
	return w == KERNEL ? EMUL_DEVICE : EMUL_EXIT;
}

static void check_access(u64 la, u32 len, u32 flags)
{
	assert_true(len >= 1 && (len <= 8 || (flags & EMUL_ACC_RAM)));
	assert_true((la & (PAGE_SIZE - 1)) + len <= PAGE_SIZE);
}

static int t_read(struct emul_ctx *c, u64 la, void *buf, u32 len, u32 flags)
{
	check_access(la, len, flags);
	memset(buf, (int)rnd(), len);
	return answer(c, la, flags, false);
}

static int t_write(struct emul_ctx *c, u64 la, const void *buf, u32 len, u32 flags)
{
	volatile u8 sum = 0;

	check_access(la, len, flags);
	for (u32 i = 0; i < len && !(flags & EMUL_ACC_PROBE); i++)
		sum = (u8)(sum + ((const u8 *)buf)[i]);
	return answer(c, la, flags, true);
}

static bool always_differs;	/* another vCPU writes the word all the time */

static int t_cmpxchg(struct emul_ctx *c, u64 la, void *old, const void *new_val, u32 len)
{
	(void)new_val;
	assert_true((la & (PAGE_SIZE - 1)) + len <= PAGE_SIZE);
	if (world_at(la) == FAULTS)
		return emul_page_fault(c, la, 2);
	if (world_at(la) != RAM)
		return EMUL_UNHANDLED;
	if (!always_differs && below(4))
		return EMUL_OK;
	memset(old, (int)rnd(), len);
	return EMUL_RETRY;
}

static int t_pio_in(struct emul_ctx *c, u16 port, u32 size, u32 count, void *buf)
{
	assert_true(size * count <= EMUL_IO_BYTES);
	assert_false(c->posted);
	memset(buf, (int)rnd(), size * count);
	return port & 1 ? EMUL_DEVICE : EMUL_EXIT;
}

static int t_pio_out(struct emul_ctx *c, u16 port, u32 size, u32 count, const void *buf)
{
	assert_true(size * count <= EMUL_IO_BYTES && buf);
	assert_false(c->posted);
	return port & 1 ? EMUL_DEVICE : EMUL_EXIT;
}

static int maybe_gp(struct emul_ctx *c) { return below(4) ? EMUL_OK : emul_fault(c, V_GP, 0); }
static int t_io_allowed(struct emul_ctx *c, u16 port, u32 size) { (void)port; (void)size; return maybe_gp(c); }
static int t_get(struct emul_ctx *c, u32 nr, u64 *v) { (void)nr; *v = rnd(); return maybe_gp(c); }
static int t_set(struct emul_ctx *c, u32 nr, u64 v) { (void)nr; (void)v; return maybe_gp(c); }
static int t_set_dt(struct emul_ctx *c, bool idt, u64 b, u16 l) { (void)idt; (void)b; (void)l; return maybe_gp(c); }
static int t_set_vec(struct emul_ctx *c, u32 nr, const void *v) { (void)c; (void)v; assert_true(nr < 16); return EMUL_OK; }
static int t_plain(struct emul_ctx *c) { (void)c; return EMUL_OK; }
static int t_invlpg(struct emul_ctx *c, u64 la) { (void)c; (void)la; return EMUL_OK; }
static int t_tsc(struct emul_ctx *c, u64 *v) { (void)c; *v = rnd(); return EMUL_OK; }

static int t_get_dt(struct emul_ctx *c, bool idt, u64 *base, u16 *limit)
{
	(void)c;
	(void)idt;
	*base = rnd();
	*limit = (u16)rnd();
	return EMUL_OK;
}

static int t_get_ldt(struct emul_ctx *c, struct emul_seg *ldt)
{
	(void)c;
	*ldt = (struct emul_seg){ .base = rnd(), .limit = (u32)rnd() >> below(32), .attr = (u16)rnd() };
	return EMUL_OK;
}

static int t_get_vec(struct emul_ctx *c, u32 nr, void *v)
{
	(void)c;
	assert_true(nr < 16);
	memset(v, (int)rnd(), 32);
	return EMUL_OK;
}

static int t_cpuid(struct emul_ctx *c, u32 *a, u32 *b, u32 *x, u32 *d)
{
	(void)c;
	*a = *b = *x = *d = (u32)rnd();
	return EMUL_OK;
}

static const struct emul_ops ops = {
	.read = t_read, .write = t_write, .cmpxchg = t_cmpxchg, .pio_in = t_pio_in, .pio_out = t_pio_out,
	.io_allowed = t_io_allowed, .get_cr = t_get, .set_cr = t_set, .get_dr = t_get, .set_dr = t_set,
	.get_msr = t_get, .set_msr = t_set, .get_dt = t_get_dt, .set_dt = t_set_dt, .get_ldt = t_get_ldt,
	.get_vec = t_get_vec, .set_vec = t_set_vec, .invlpg = t_invlpg, .halt = t_plain, .cpuid = t_cpuid,
	.read_tsc = t_tsc, .wbinvd = t_plain,
};

static void random_state(struct emul_state *s)
{
	for (u32 i = 0; i < 16; i++)
		s->gpr[i] = rnd() >> below(64);
	s->gpr[RCX] >>= below(2) * 56;
	s->rip = rnd() >> below(64);
	s->rflags = (rnd() & 0x3f7fd7) | 2;
	s->cr0 = below(4) ? 0x80010031 : 0x10 | below(2) * EMUL_CR0_TS;
	s->cr4 = rnd();
	s->efer = below(2) ? 0x500 : 0;
	s->cpl = s->cr0 & 1 ? (u8)(below(2) * 3) : 0;
	s->la57 = below(8) == 0;
	for (u32 i = 0; i < EMUL_NR_SEGS; i++)
		s->seg[i] = (struct emul_seg){ .base = rnd() >> below(64), .limit = (u32)rnd() >> below(32),
					       .sel = (u16)rnd(), .attr = (u16)(rnd() & 0xfff) };
	if (s->efer)
		s->rflags &= ~FL_VM;
}

/* Random bytes mostly are ADDs and prefixes: the rarer maps get their share. */
static void random_bytes(u8 b[15])
{
	static const u8 strings[] = { 0x6c, 0x6d, 0x6e, 0x6f, 0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf };
	u32 at = 0;

	for (u32 i = 0; i < 15; i++)
		b[i] = (u8)rnd();
	if (below(4) == 0)
		b[at++] = (u8[]){ 0x66, 0xf2, 0xf3, 0xf0, 0x67, 0x48, 0x2e, 0x64 }[below(8)];
	if (below(2))
		b[at++] = 0x0f;
	else if (below(4) == 0) {
		b[at++] = 0xf3;
		b[at] = strings[below(sizeof(strings))];
	}
}

static bool same_but_counters(const struct emul_state *a, const struct emul_state *b)
{
	struct emul_state x = *a, y = *b;

	for (u32 r = 0; r < 16; r++)
		if (r == RCX || r == RSI || r == RDI || r == RAX)
			x.gpr[r] = y.gpr[r] = 0;
	x.rflags = y.rflags = 0;
	return !memcmp(&x, &y, sizeof(x));
}

static void one_round(struct emul_cache *cache)
{
	struct emul_state start;
	u8 bytes[15], data[EMUL_IO_BYTES];
	int res;

	memset(&ctx.s, 0, sizeof(ctx.s));
	random_state(&ctx.s);
	random_bytes(bytes);
	salt = rnd();
	ctx.ops = &ops;
	ctx.cache = below(2) ? cache : NULL;
	res = emul_begin(&ctx, bytes, 1 + below(15));
	if (res != EMUL_OK)
		return;
	start = ctx.s;
	for (u32 i = 0; ; i++) {
		assert_true(i < 5000);
		res = emul_exec(&ctx);
		if (res != EMUL_EXIT)
			break;
		exits++;
		assert_false(ctx.posted);
		assert_true(ctx.insn.rep ? same_but_counters(&ctx.s, &start) : !memcmp(&ctx.s, &start, sizeof(start)));
		memset(data, (int)rnd(), sizeof(data));
		emul_complete(&ctx, data);
	}
	assert_true(res == EMUL_OK || res == EMUL_FAULT || res == EMUL_UNHANDLED || res == EMUL_RETRY);
	if (res == EMUL_FAULT || res == EMUL_RETRY)
		assert_true(ctx.insn.rep ? same_but_counters(&ctx.s, &start) : !memcmp(&ctx.s, &start, sizeof(start)));
}

static void survives(void **state)
{
	static struct emul_cache cache;
	const char *e = getenv("SEED"), *n = getenv("CASES");
	u64 first = e ? strtoull(e, NULL, 0) : 20260101;
	u32 rounds = n ? (u32)strtoul(n, NULL, 0) : 400000;

	(void)state;
	printf("seed %lu\n", first);
	seed = first;
	for (u32 i = 0; i < rounds; i++)
		one_round(&cache);
	printf("%u rounds, %u exits\n", rounds, exits);
	assert_true(rounds < 10000 || exits > rounds / 1000);
}

/* The host must not spin for as long as a guest likes. */
static void a_word_that_always_differs_ends(void **state)
{
	static struct emul_cache cache;

	(void)state;
	always_differs = true;
	for (u32 i = 0; i < 100000; i++)
		one_round(&cache);
	always_differs = false;
}

/* The byte matcher of intercepted instructions: inside its bytes, and agreeing with the decoder about the length. */
static void fast_matches_agree(void **state)
{
	u32 found = 0;

	(void)state;
	for (u32 i = 0; i < 300000; i++) {
		struct emul_insn insn;
		struct emul_fast f;
		u8 bytes[15];
		u32 len = 1 + below(15);

		random_bytes(bytes);
		if (!emul_fast_match(bytes, len, true, false, &f))
			continue;
		assert_true(f.len <= len && f.op > FAST_NONE && f.op < FAST_NR);
		if (emul_decode(NULL, bytes, len, EMUL_MODE_LONG, &insn) == EMUL_OK && f.op != FAST_NONE) {
			assert_int_equal(insn.len, f.len);
			found++;
		}
	}
	assert_true(found > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(survives), cmocka_unit_test(a_word_that_always_differs_ends), cmocka_unit_test(fast_matches_agree) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

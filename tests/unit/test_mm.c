/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_mm.c - regions, frames and faults of an app against an array with one entry per page
 *
 * A second table of frames, kept as a VM keeps its own, is told by a notifier:
 * neither it nor the host's page tables may name a frame that the app lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include "../../kernel/posix/proc.h"
#include <socle/fault_inject.h>
#include "fake/kernel.h"

#define RAM	(64ull << 20)
#define BASE	0x10000000ull
#define PAGES	4096u			/* 16 MiB: 2 MiB frames come and are split */
#define STEPS	30000u
#define FILE_SEED 0x5a

struct model { bool mapped, is_file; u32 prot; u64 file_page; u64 tag; };	/* tag 0: never written */
struct shadow { u64 pa; bool present, writable; };

static struct model model[PAGES];
static struct shadow host[PAGES], second[PAGES];
static struct proc the_proc;
static struct thread me = { .proc = &the_proc };
static u32 in_progress;
static u64 next_tag = 1;
static u32 file_refs;

struct thread *thread_current(void) { return &me; }
struct mm *proc_mm(struct proc *p) { return &p->mm; }
void log_printf(enum log_level level, const char *fmt, ...) { (void)level; (void)fmt; }

/* A file whose page n is full of n + FILE_SEED. */
struct file *file_get(struct file *f) { file_refs++; return f; }
void file_put(struct file *f) { (void)f; file_refs--; }
bool file_maps_inode(const struct file *f, const void *inode) { (void)f; (void)inode; return false; }
static u64 file_word(u64 page) { return (page + FILE_SEED) * 0x9e3779b97f4a7c15ull; }
void ramfs_read_page(struct file *f, u64 off, void *page) { (void)f; *(u64 *)page = file_word(off >> PAGE_SHIFT); }
static struct file the_file;

static u32 page_of(u64 va)
{
	assert_true(va >= BASE && va < BASE + PAGES * PAGE_SIZE);
	return (u32)((va - BASE) >> PAGE_SHIFT);
}

int arch_map(u64 va, hpa_t pa, u64 bytes, u32 flags)
{
	if (fault_inject_hit())
		return -ENOMEM;
	for (u64 at = 0; at < bytes; at += PAGE_SIZE)
		host[page_of(va + at)] = (struct shadow){ pa.v + at, true, flags & ARCH_MAP_W };
	return 0;
}

int arch_unmap(u64 va, u64 bytes)
{
	u64 end = MIN(va + bytes, BASE + PAGES * PAGE_SIZE);

	for (u64 at = MAX(va, BASE); at < end; at += PAGE_SIZE)
		host[page_of(at)].present = false;
	return 0;
}

static void begin(struct mm_notifier *n, u64 start, u64 end)
{
	(void)n;
	in_progress++;
	end = MIN(end, BASE + PAGES * PAGE_SIZE);
	for (u64 at = MAX(start, BASE); at < end; at += PAGE_SIZE)
		second[page_of(at)].present = false;
}

static void finish(struct mm_notifier *n, u64 start, u64 end)
{
	(void)n, (void)start, (void)end;
	in_progress--;
}

static struct mm_notifier notifier = { .invalidate_begin = begin, .invalidate_end = finish };

static u64 expected_word(const struct model *m)
{
	return m->tag ? m->tag : m->is_file ? file_word(m->file_page) : 0;
}

/* Every page that a table names is the app's frame, and holds what the app wrote. */
static void check_page(u32 i)
{
	struct mm_frame f;
	bool has = frames_find(&the_proc.mm.frames, BASE + i * PAGE_SIZE, &f);
	u64 pa = has ? f.pa.v + (i * PAGE_SIZE & (f.bytes - 1)) : 0;

	if (has) {
		assert_true(model[i].mapped);
		assert_int_equal(*(u64 *)hpa_to_ptr(HPA(pa)), expected_word(&model[i]));
	} else {
		assert_int_equal(model[i].tag, 0);
	}
	if (host[i].present) {
		assert_true(has);
		assert_int_equal(host[i].pa, pa);
		assert_true(!host[i].writable || (model[i].prot & ABI_PROT_WRITE));
	}
	if (second[i].present) {
		assert_true(has);
		assert_int_equal(second[i].pa, pa);
		assert_true(!second[i].writable || (model[i].prot & ABI_PROT_WRITE));
	}
}

static void check_all(void)
{
	struct region *r;
	u64 last = 0;
	u32 nr = 0;

	assert_int_equal(in_progress, 0);
	for (u32 i = 0; i < PAGES; i++)
		check_page(i);
	list_for_each(r, &the_proc.mm.regions, link) {
		assert_true(r->start >= last && r->end > r->start);
		last = r->end;
		nr++;
		for (u64 at = r->start; at < r->end; at += PAGE_SIZE) {
			assert_true(model[page_of(at)].mapped);
			assert_int_equal(model[page_of(at)].prot, r->prot);
		}
	}
	assert_int_equal(nr, the_proc.mm.nr_regions);
	for (u32 i = 0; i < PAGES; i++)
		assert_true(model[i].mapped == (mm_find(&the_proc.mm, BASE + i * PAGE_SIZE) != NULL));
}

static u32 random_prot(void)
{
	return (u32)test_random(4) ? ABI_PROT_READ | ABI_PROT_WRITE : (u32)test_random(4);
}

static void random_range(u32 *first, u32 *n)
{
	*first = (u32)test_random(PAGES);
	if (test_random(3) == 0)
		*first = (u32)ALIGN_DOWN(*first, 512u);
	*n = test_random(3) ? 1 + (u32)test_random(20) : 1 + (u32)test_random(1500);
	*n = MIN(*n, PAGES - *first);
}

static void forget(u32 first, u32 n)
{
	for (u32 i = first; i < first + n; i++)
		model[i].tag = 0;
}

static void do_map(u32 first, u32 n)
{
	bool is_file = test_random(4) == 0;
	struct map_request q = {
		.addr = BASE + first * PAGE_SIZE, .bytes = n * PAGE_SIZE, .prot = random_prot(),
		.flags = ABI_MAP_PRIVATE | ABI_MAP_FIXED, .kind = is_file ? REGION_FILE_COPY : REGION_ANON,
		.file = &the_file, .file_off = test_random(1000) * PAGE_SIZE,
	};
	long at = mm_map(&the_proc.mm, &q);

	if (at == -ENOMEM && fault_inject_count())
		return;
	assert_int_equal(at, q.addr);
	for (u32 i = 0; i < n; i++)
		model[first + i] = (struct model){ true, is_file, q.prot, (q.file_off >> PAGE_SHIFT) + i, 0 };
}

static void do_unmap(u32 first, u32 n)
{
	if (mm_unmap(&the_proc.mm, BASE + first * PAGE_SIZE, n * PAGE_SIZE))
		return;		/* out of memory for a cut: nothing changed */
	memset(&model[first], 0, n * sizeof(model[0]));
}

static bool covered(u32 first, u32 n)
{
	for (u32 i = first; i < first + n; i++)
		if (!model[i].mapped)
			return false;
	return true;
}

static void do_protect(u32 first, u32 n)
{
	u32 prot = random_prot();
	int err = mm_protect(&the_proc.mm, BASE + first * PAGE_SIZE, n * PAGE_SIZE, prot);

	if (!covered(first, n))
		assert_int_equal(err, -ENOMEM);
	if (err)
		return;
	for (u32 i = first; i < first + n; i++)
		model[i].prot = prot;
}

static void do_discard(u32 first, u32 n)
{
	int err = mm_discard(&the_proc.mm, BASE + first * PAGE_SIZE, n * PAGE_SIZE);

	if (!covered(first, n))
		assert_int_equal(err, -ENOMEM);
	if (!err)
		forget(first, n);
}

/* By the host's tables or as a VM does it. */
static void do_access(u32 i, bool by_host)
{
	bool write = test_random(2);
	u64 va = BASE + i * PAGE_SIZE, in_frame;
	u32 need = write ? ABI_PROT_WRITE : ABI_PROT_READ | ABI_PROT_WRITE | ABI_PROT_EXEC;
	struct mm_frame f = { .bytes = PAGE_SIZE };
	int err = by_host ? mm_handle_fault(va, write, false) : mm_resolve(&the_proc, va, write, &f);
	u64 *word;

	if (!model[i].mapped || !(model[i].prot & need)) {
		assert_int_equal(err, -EFAULT);
		return;
	}
	if (err) {
		assert_int_equal(err, -ENOMEM);
		return;
	}
	if (!by_host) {
		in_frame = va & (f.bytes - 1);
		second[i] = (struct shadow){ f.pa.v + in_frame, true, f.writable };
	}
	word = hpa_to_ptr(HPA(by_host ? host[i].pa : second[i].pa));
	assert_int_equal(*word, expected_word(&model[i]));
	if (write)
		*word = model[i].tag = next_tag++;
}

static void step(void)
{
	u32 first, n;

	random_range(&first, &n);
	switch (test_random(12)) {
	case 0: case 1: do_map(first, n); break;
	case 2: do_unmap(first, n); break;
	case 3: do_protect(first, n); break;
	case 4: do_discard(first, n); break;
	default: do_access(first, test_random(2)); break;
	}
}

static void start(void)
{
	struct phys_range r = { 0, RAM, 0 };

	fake_ram_init(RAM);
	assert_int_equal(phys_init(&r, 1), 0);
	memset(model, 0, sizeof(model));
	memset(host, 0, sizeof(host));
	memset(second, 0, sizeof(second));
	assert_int_equal(mm_init(&the_proc.mm), 0);
	mm_notifier_register(&the_proc, &notifier);
}

static void end(void)
{
	struct phys_stats st;

	mm_destroy(&the_proc.mm);
	memset(model, 0, sizeof(model));
	check_all();
	assert_int_equal(file_refs, 0);
	assert_int_equal(kmem_bytes_in_use(), 0);
	phys_get_stats(&st);
	assert_int_equal(st.by_owner[MEM_APP], 0);
}

static void random_steps(void **state)
{
	(void)state;
	test_seed();
	start();
	for (u32 n = 0; n < STEPS; n++) {
		fault_inject_arm(0);
		step();
		if (n % 100 == 0)
			check_all();
	}
	end();
}

/* The same, and now and then an allocation fails: nothing changes then. */
static void random_steps_without_memory(void **state)
{
	(void)state;
	start();
	for (u32 n = 0; n < STEPS; n++) {
		fault_inject_arm(test_random(3) ? 0 : 1 + test_random(4));
		step();
		fault_inject_arm(0);
		if (n % 100 == 0)
			check_all();
	}
	end();
}

static void wrong_arguments(void **state)
{
	struct map_request q = { .addr = BASE, .bytes = PAGE_SIZE, .flags = ABI_MAP_FIXED | ABI_MAP_PRIVATE };
	struct mm *mm = &the_proc.mm;

	(void)state;
	start();
	assert_int_equal(mm_map(mm, &q), BASE);
	q.flags = ABI_MAP_FIXED_NOREPLACE | ABI_MAP_PRIVATE;
	assert_int_equal(mm_map(mm, &q), -EEXIST);
	q.addr = BASE + 1;
	assert_int_equal(mm_map(mm, &q), -EINVAL);
	q.addr = 0;
	assert_int_equal(mm_map(mm, &q), -EPERM);
	q.addr = APP_VA_END - PAGE_SIZE;
	assert_int_equal(mm_map(mm, &q), -ENOMEM);
	q = (struct map_request){ .bytes = APP_VA_END };
	assert_int_equal(mm_map(mm, &q), -ENOMEM);
	assert_int_equal(mm_unmap(mm, BASE + 1, PAGE_SIZE), -EINVAL);
	assert_int_equal(mm_unmap(mm, BASE, 0), -EINVAL);
	assert_int_equal(mm_protect(mm, BASE + 1, PAGE_SIZE, 0), -EINVAL);
	assert_int_equal(mm_protect(mm, BASE, 2 * PAGE_SIZE, 0), -ENOMEM);
	assert_int_equal(mm_protect(mm, ~0ull << 12, PAGE_SIZE, 0), -ENOMEM);
	assert_int_equal(mm_unmap(mm, BASE, PAGE_SIZE), 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_steps),
		cmocka_unit_test(random_steps_without_memory),
		cmocka_unit_test(wrong_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

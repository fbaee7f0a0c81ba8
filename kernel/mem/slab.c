/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slab.c - objects of one size in 32 KiB slabs; kmalloc on top
 *
 * A slab begins with its header and lies at a multiple of its size in a
 * MEM_SLAB block, so any object leads to its slab and cache. What is too big
 * for a slab comes from phys_alloc() and is found by address in a hash.
 */
#include <errno.h>
#include <string.h>
#include <socle/fault_inject.h>
#include <socle/list.h>
#include <socle/lock.h>
#include <socle/log.h>
#include <socle/mem.h>

#define SLAB_BYTES	0x8000ul
#define SLAB_MAX	2048u
#define NR_CLASSES	8u		/* 16 .. 2048 */
#define HASH_SIZE	256u

struct slab {
	struct list link;		/* in the cache's partial list while it has room */
	struct kmem_cache *cache;
	void *free;			/* linked through the first word */
	u32 in_use, capacity;
};

struct kmem_cache {
	const char *name;
	u32 size, first;		/* of the first object in a slab */
	struct list partial;
	spinlock_t lock;
	u64 objects;
};

struct big { struct big *next; void *ptr; u64 bytes; };

static struct kmem_cache classes[NR_CLASSES], cache_of_caches, cache_of_big;
static bool ready;
static struct big *big_hash[HASH_SIZE];
static spinlock_t big_lock;
static u64 bytes_in_use;

static void account(s64 delta)
{
	__atomic_fetch_add(&bytes_in_use, (u64)delta, __ATOMIC_RELAXED);
}

static void cache_setup(struct kmem_cache *c, const char *name, size_t size, size_t align)
{
	align = MAX(align, 16ul);
	c->name = name;
	c->size = (u32)ALIGN_UP(MAX(size, 16ul), align);
	c->first = (u32)ALIGN_UP(sizeof(struct slab), align);
	list_init(&c->partial);
}

/* Runs on the boot CPU before there is a second one. */
static void setup_once(void)
{
	static const char *const names[NR_CLASSES] = {
		"kmalloc-16", "kmalloc-32", "kmalloc-64", "kmalloc-128",
		"kmalloc-256", "kmalloc-512", "kmalloc-1024", "kmalloc-2048",
	};

	for (u32 i = 0; i < NR_CLASSES; i++)
		cache_setup(&classes[i], names[i], 16ul << i, 16);
	cache_setup(&cache_of_caches, "kmem_cache", sizeof(struct kmem_cache), 64);
	cache_setup(&cache_of_big, "kmalloc-big", sizeof(struct big), 16);
	ready = true;
}

static struct slab *slab_new(struct kmem_cache *c)
{
	struct slab *s;
	u8 *p;
	hpa_t pa;

	if (phys_alloc(SLAB_BYTES, SLAB_BYTES, MEM_SLAB, PHYS_ANY_NODE, 0, &pa))
		return NULL;
	s = hpa_to_ptr(pa);
	*s = (struct slab){ .cache = c };
	for (p = (u8 *)s + c->first; p + c->size <= (u8 *)s + SLAB_BYTES; p += c->size) {
		*(void **)(void *)p = s->free;
		s->free = p;
		s->capacity++;
	}
	return s;
}

static void *take_object(struct kmem_cache *c)
{
	struct slab *s = list_first(&c->partial, struct slab, link);
	void *obj = s->free;

	s->free = *(void **)obj;
	if (++s->in_use == s->capacity)
		list_del(&s->link);
	c->objects++;
	return obj;
}

void *kmem_cache_alloc(struct kmem_cache *c)
{
	unsigned long irq;
	struct slab *s;
	void *obj;

	if (fault_inject_hit())
		return NULL;
	irq = spin_lock_irqsave(&c->lock);
	if (list_empty(&c->partial)) {
		spin_unlock_irqrestore(&c->lock, irq);
		s = slab_new(c);
		if (!s)
			return NULL;
		irq = spin_lock_irqsave(&c->lock);
		list_add(&c->partial, &s->link);
	}
	obj = take_object(c);
	spin_unlock_irqrestore(&c->lock, irq);
	account(c->size);
	memset(obj, 0, c->size);
	return obj;
}

void kmem_cache_free(struct kmem_cache *c, void *obj)
{
	struct slab *s = (struct slab *)((u64)obj & ~(SLAB_BYTES - 1));
	unsigned long irq;
	bool empty;

	ASSERT(s->cache == c);
	irq = spin_lock_irqsave(&c->lock);
	if (s->in_use == s->capacity)
		list_add(&c->partial, &s->link);
	*(void **)obj = s->free;
	s->free = obj;
	c->objects--;
	empty = --s->in_use == 0;
	if (empty)
		list_del(&s->link);
	spin_unlock_irqrestore(&c->lock, irq);
	account(-(s64)c->size);
	if (empty)
		phys_free(ptr_to_hpa(s), SLAB_BYTES);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align)
{
	struct kmem_cache *c;

	if (!ready)
		setup_once();
	if (size > SLAB_MAX)
		return NULL;
	c = kmem_cache_alloc(&cache_of_caches);
	if (c)
		cache_setup(c, name, size, align);
	return c;
}

static struct big **big_slot(const void *p)
{
	return &big_hash[((u64)p >> PAGE_SHIFT) % HASH_SIZE];
}

static void *big_alloc(u64 bytes)
{
	struct big *b = kmem_cache_alloc(&cache_of_big);
	unsigned long irq;
	hpa_t pa;

	if (!b)
		return NULL;
	bytes = ALIGN_UP(bytes, PAGE_SIZE);
	if (phys_alloc(bytes, PAGE_SIZE, MEM_KERNEL, PHYS_ANY_NODE, PHYS_ZERO, &pa)) {
		kmem_cache_free(&cache_of_big, b);
		return NULL;
	}
	b->ptr = hpa_to_ptr(pa);
	b->bytes = bytes;
	irq = spin_lock_irqsave(&big_lock);
	b->next = *big_slot(b->ptr);
	*big_slot(b->ptr) = b;
	spin_unlock_irqrestore(&big_lock, irq);
	account((s64)bytes);
	return b->ptr;
}

static void big_free(void *p)
{
	struct big **at, *b;
	unsigned long irq = spin_lock_irqsave(&big_lock);

	for (at = big_slot(p); *at && (*at)->ptr != p; at = &(*at)->next)
		;
	b = *at;
	ASSERT(b != NULL);
	*at = b->next;
	spin_unlock_irqrestore(&big_lock, irq);
	account(-(s64)b->bytes);
	phys_free(ptr_to_hpa(p), b->bytes);
	kmem_cache_free(&cache_of_big, b);
}

void *kmalloc(size_t bytes)
{
	u32 i = 0;

	if (!ready)
		setup_once();
	if (bytes > SLAB_MAX)
		return bytes > 1ul << 40 ? NULL : big_alloc(bytes);
	while ((16ul << i) < bytes)
		i++;
	return kmem_cache_alloc(&classes[i]);
}

void kfree(void *p)
{
	if (!p)
		return;
	if (phys_owner(ptr_to_hpa(p)) != MEM_SLAB) {
		big_free(p);
		return;
	}
	kmem_cache_free(((struct slab *)((u64)p & ~(SLAB_BYTES - 1)))->cache, p);
}

u64 kmem_bytes_in_use(void)
{
	return __atomic_load_n(&bytes_in_use, __ATOMIC_RELAXED);
}

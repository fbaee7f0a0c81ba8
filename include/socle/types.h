/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types.h - integer names, address types and the few macros that everything uses
 */
#ifndef SOCLE_TYPES_H
#define SOCLE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

/* Addresses of different spaces never mix. */
typedef struct { u64 v; } hpa_t;	/* host physical */
typedef struct { u64 v; } gpa_t;	/* guest physical */
typedef struct { u64 v; } hva_t;	/* app (host virtual, lower half) */
typedef struct { u64 v; } iova_t;

#define HPA(x) ((hpa_t){ (x) })
#define GPA(x) ((gpa_t){ (x) })
#define HVA(x) ((hva_t){ (x) })

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1ul << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define SZ_2M		(1ul << 21)
#define SZ_1G		(1ul << 30)

#define BIT(n)			(1ul << (n))
#define GENMASK(h, l)		(((~0ul) >> (63 - (h))) & (~0ul << (l)))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define ALIGN_UP(x, a)		ALIGN_DOWN((x) + ((__typeof__(x))(a) - 1), a)
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define MIN(a, b)		((a) < (b) ? (a) : (b))
#define MAX(a, b)		((a) > (b) ? (a) : (b))
#define container_of(p, type, member) \
	((type *)(void *)((char *)(p) - offsetof(type, member)))

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define barrier()	__asm__ volatile("" ::: "memory")

#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
#define __must_check	__attribute__((warn_unused_result))
#define __noreturn	__attribute__((noreturn))
#define __printf(f, a)	__attribute__((format(printf, f, a)))
#define __unused	__attribute__((unused))

/* IS_ENABLED(CONFIG_X): 1 when the Kconfig symbol is defined to 1, else 0. */
#define SOCLE_ARG_PLACEHOLDER_1 0,
#define SOCLE_SECOND_ARG(ignored, val, ...) val
#define SOCLE_IS_DEF3(arg1_or_junk) SOCLE_SECOND_ARG(arg1_or_junk 1, 0, 0)
#define SOCLE_IS_DEF2(v) SOCLE_IS_DEF3(SOCLE_ARG_PLACEHOLDER_##v)
#define SOCLE_IS_DEF1(x) SOCLE_IS_DEF2(x)
#define IS_ENABLED(opt) SOCLE_IS_DEF1(opt)

#endif

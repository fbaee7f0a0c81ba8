/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h - what the kernel tells about itself, by name, through /dev/socle
 *
 * An app writes a name, with arguments after it if the fact takes any, and
 * reads the text until the end. Facts are registered at init and never go.
 */
#ifndef SOCLE_FACTS_H
#define SOCLE_FACTS_H

#include <socle/arch.h>
#include <socle/list.h>
#include <socle/types.h>

/* Text that grows as it is written; without memory the rest is lost and the read ends with -ENOMEM. */
struct fact_text {
	char *buf;
	size_t len, size;
	bool failed;
};
void fact_printf(struct fact_text *t, const char *fmt, ...) __printf(2, 3);
void fact_write(struct fact_text *t, const char *s, size_t n);

struct fact {
	const char *name;
	/* @args: what followed the name, without leading blanks. 0, or what write() then returns. */
	int (*tell)(struct fact_text *t, const char *args);
	struct list link;
};
void fact_register(struct fact *f);
void facts_init(void);		/* /dev/socle and the kernel's own facts; before the app starts */

/* Points of the boot, as counter values, for the fact "boot". */
enum boot_mark { MARK_EXIT_BOOT_SERVICES, MARK_KERNEL, MARK_APP, MARK_FIRST_ENTRY, NR_BOOT_MARKS };
extern u64 boot_mark_at[NR_BOOT_MARKS];
/* The first call counts. Any context. */
static inline void boot_mark(enum boot_mark m)
{
	if (unlikely(!READ_ONCE(boot_mark_at[m])))
		WRITE_ONCE(boot_mark_at[m], arch_counter());
}

/* Memory that firmware left to us, what the loader holds of it included. Once. */
void facts_set_ram(u64 bytes);
/* A VM that ends had mapped so much of its memory. */
void facts_add_guest_memory(u64 bytes);
/* What the boot and the run took, into the log: when the app ends. */
void facts_report(void);

#endif

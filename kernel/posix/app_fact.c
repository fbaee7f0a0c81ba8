// SPDX-License-Identifier: Apache-2.0
/*
 * app_fact.c - the fact "app": what the running app holds
 */
#include <socle/facts.h>
#include "proc.h"

static u32 count_regions(struct mm *mm)
{
	u32 n;

	mutex_lock(&mm->lock);
	n = mm->nr_regions;
	mutex_unlock(&mm->lock);
	return n;
}

static int tell_app(struct fact_text *t, const char *args)
{
	struct proc *p = proc_current();

	(void)args;
	fact_printf(t, "threads %u\n", READ_ONCE(p->nr_threads));
	fact_printf(t, "descriptors %u\n", fd_table_count(&p->fds));
	fact_printf(t, "regions %u\n", count_regions(&p->mm));
	return 0;
}

static struct fact app = { .name = "app", .tell = tell_app };

void app_fact_init(void)
{
	fact_register(&app);
}

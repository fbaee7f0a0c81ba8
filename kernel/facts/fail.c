/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fail.c - the fact "fail N": the calling thread's N-th allocation from now fails, once
 *
 * The answer is "seen M": how many it made since it asked before. 0 disarms.
 */
#include <errno.h>
#include <socle/fault_inject.h>
#include "facts.h"

#define DIGITS_MAX 18u		/* no overflow */

static int parse(const char *s, u64 *out)
{
	u32 n = 0;

	*out = 0;
	for (; s[n] >= '0' && s[n] <= '9' && n < DIGITS_MAX; n++)
		*out = *out * 10 + (u64)(s[n] - '0');
	return n && !s[n] ? 0 : -EINVAL;
}

static int tell_fail(struct fact_text *t, const char *args)
{
	u64 seen = fault_inject_count(), nth;
	int err = parse(args, &nth);

	if (!IS_ENABLED(CONFIG_FAULT_INJECT))
		return -EOPNOTSUPP;
	if (err)
		return err;
	fact_printf(t, "seen %lu\n", seen);	/* before: it allocates */
	fault_inject_arm(nth);
	return 0;
}

struct fact fact_fail = { .name = "fail", .tell = tell_fail };

// SPDX-License-Identifier: Apache-2.0
/*
 * copy.c - between the kernel and app memory
 */
#include "posix.h"

static bool range_is_app(u64 start, size_t n)
{
	return start < APP_VA_END && n <= APP_VA_END - start;
}

int copy_from_app(void *dst, u64 app_src, size_t n)
{
	if (!range_is_app(app_src, n))
		return -EFAULT;
	return arch_copy_faultable(dst, (const void *)app_src, n) ? -EFAULT : 0;
}

int copy_to_app(u64 app_dst, const void *src, size_t n)
{
	if (!range_is_app(app_dst, n))
		return -EFAULT;
	return arch_copy_faultable((void *)app_dst, src, n) ? -EFAULT : 0;
}

int copy_from_app_atomic(void *dst, u64 app_src, size_t n)
{
	size_t left;

	if (!range_is_app(app_src, n))
		return -EFAULT;
	preempt_disable();
	left = arch_copy_faultable(dst, (const void *)app_src, n);
	preempt_enable();
	return left ? -EFAULT : 0;
}

/* A string may end right before an unmapped page: never reads past the page of its last byte. */
long strncpy_from_app(char *dst, u64 app_src, size_t max)
{
	size_t done = 0;

	while (done < max) {
		u64 at = app_src + done;
		size_t n = MIN(max - done, (size_t)(PAGE_SIZE - (at & ~PAGE_MASK)));
		const char *nul;

		if (copy_from_app(dst + done, at, n))
			return -EFAULT;
		nul = memchr(dst + done, 0, n);
		if (nul)
			return nul - dst;
		done += n;
	}
	return -ENAMETOOLONG;
}

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

static bool copy_without_faults(void *dst, const void *src, size_t n)
{
	size_t left;

	preempt_disable();
	left = arch_copy_faultable(dst, src, n);
	preempt_enable();
	return !left;
}

int copy_from_app_atomic(void *dst, u64 app_src, size_t n)
{
	return range_is_app(app_src, n) && copy_without_faults(dst, (const void *)app_src, n) ? 0 : -EFAULT;
}

int copy_to_app_atomic(u64 app_dst, const void *src, size_t n)
{
	return range_is_app(app_dst, n) && copy_without_faults((void *)app_dst, src, n) ? 0 : -EFAULT;
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

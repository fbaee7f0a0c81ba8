/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types.h - the integer names that Linux's interface headers use
 */
#ifndef _LINUX_TYPES_H
#define _LINUX_TYPES_H

/* Repeated typedefs of the same type are legal C11: a host's own header may come too. */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;	/* as on Linux: %llx prints it */
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;

#endif

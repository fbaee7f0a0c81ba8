/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ioctl.h - how an ioctl number is put together
 *
 * Bits 7:0 number, 15:8 type, 29:16 size, 31:30 direction as the app sees it.
 */
#ifndef _LINUX_IOCTL_H
#define _LINUX_IOCTL_H

#ifndef _ASM_GENERIC_IOCTL_H		/* a host's own header came first */
#define _ASM_GENERIC_IOCTL_H

#define _IOC_NONE	0U
#define _IOC_WRITE	1U
#define _IOC_READ	2U

#define _IOC_NRSHIFT	0
#define _IOC_TYPESHIFT	8
#define _IOC_SIZESHIFT	16
#define _IOC_DIRSHIFT	30

#define _IOC(dir, type, nr, size)					\
	(((dir) << _IOC_DIRSHIFT) | ((type) << _IOC_TYPESHIFT) |	\
	 ((nr) << _IOC_NRSHIFT) | ((unsigned int)(size) << _IOC_SIZESHIFT))

#define _IO(type, nr)		_IOC(_IOC_NONE, (type), (nr), 0)
#define _IOR(type, nr, arg)	_IOC(_IOC_READ, (type), (nr), sizeof(arg))
#define _IOW(type, nr, arg)	_IOC(_IOC_WRITE, (type), (nr), sizeof(arg))
#define _IOWR(type, nr, arg)	_IOC(_IOC_READ | _IOC_WRITE, (type), (nr), sizeof(arg))

#define _IOC_DIR(nr)	(((nr) >> _IOC_DIRSHIFT) & 3)
#define _IOC_TYPE(nr)	(((nr) >> _IOC_TYPESHIFT) & 0xff)
#define _IOC_NR(nr)	(((nr) >> _IOC_NRSHIFT) & 0xff)
#define _IOC_SIZE(nr)	(((nr) >> _IOC_SIZESHIFT) & 0x3fff)

#endif
#endif

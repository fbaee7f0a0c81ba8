/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SYS_IOCTL_H
#define SYS_IOCTL_H

#include <linux/ioctl.h>

int ioctl(int fd, unsigned long cmd, ...);

#endif

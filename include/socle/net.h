/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.h - the network stack inside the kernel: lwIP (lib/lwip), only with CONFIG_LWIP
 *
 * Nothing of it runs, and it holds no memory, until the first net_start().
 */
#ifndef SOCLE_NET_H
#define SOCLE_NET_H

#include <socle/types.h>

/* Starts the stack's thread and the loopback interface; later calls find it running.
 * May sleep. 0, -ENOMEM: no thread (for good: lwIP cannot be started twice). Less memory than
 * a mailbox takes (1 KiB) is a panic of lwIP's own start. */
int net_start(void) __must_check;

/* Starts the stack; a datagram and a connection over 127.0.0.1, contents compared. */
bool net_selftest_udp(void);
bool net_selftest_tcp(void);

#endif

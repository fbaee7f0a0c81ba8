/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwipopts.h - what of lwIP is built: IPv4, UDP, TCP, netconn API, the loopback interface
 *
 * Names and defaults: lwIP's own opt.h. No interface card yet, so no Ethernet, ARP or DHCP.
 */
#ifndef LWIP_LWIPOPTS_H
#define LWIP_LWIPOPTS_H

#define NO_SYS				0
#define SYS_LIGHTWEIGHT_PROT		1
#define LWIP_TCPIP_CORE_LOCKING		1

#define LWIP_IPV4			1
#define LWIP_IPV6			0
#define LWIP_ICMP			1
#define LWIP_RAW			0
#define LWIP_UDP			1
#define LWIP_TCP			1
#define LWIP_ARP			0
#define LWIP_ETHERNET			0
#define LWIP_NETCONN			1
#define LWIP_SOCKET			0
#define LWIP_SO_RCVTIMEO		1
#define LWIP_STATS			0

/* Packets to an own address are queued and taken by the stack's thread. */
#define LWIP_HAVE_LOOPIF		1
#define LWIP_NETIF_LOOPBACK		1

/* All memory comes from the kernel's allocator when it is needed: no pools, an idle stack costs nothing. */
#define MEM_LIBC_MALLOC			1
#define MEMP_MEM_MALLOC			1
#define MEM_ALIGNMENT			16
#define mem_clib_malloc			kmalloc
#define mem_clib_calloc(n, size)	kmalloc((n) * (size))	/* zeroed, as kmalloc() always is */
#define mem_clib_free			kfree

#define TCP_MSS				1460
#define TCP_WND				(32 * TCP_MSS)
#define TCP_SND_BUF			(32 * TCP_MSS)
#define TCPIP_MBOX_SIZE			64
#define DEFAULT_UDP_RECVMBOX_SIZE	64
#define DEFAULT_TCP_RECVMBOX_SIZE	64
#define DEFAULT_ACCEPTMBOX_SIZE		16

#endif

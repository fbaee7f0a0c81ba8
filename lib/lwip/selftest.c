// SPDX-License-Identifier: Apache-2.0
/*
 * selftest.c - a datagram and a connection from the kernel to itself over 127.0.0.1
 *
 * Contents follow from the position, so lost, doubled and moved bytes are seen.
 */
#include <socle/mem.h>
#include <socle/net.h>
#include <socle/sched.h>
#include <lwip/api.h>

#define TEST_PORT	7777
#define UDP_BYTES	1400u
#define TCP_BYTES	(100u * 1024)
#define CHUNK		2048u		/* more than a segment */
#define GIVE_UP_MS	60000

static const ip4_addr_t loopback = { PP_HTONL(IPADDR_LOOPBACK) };

static u8 byte_at(u32 position)
{
	return (u8)(position * 0x9e3779b1u >> 24);
}

static void fill(u8 *buf, u32 position, u32 len)
{
	for (u32 i = 0; i < len; i++)
		buf[i] = byte_at(position + i);
}

/* All of @nb is what belongs at *@position, which moves behind it. */
static bool matches(struct netbuf *nb, u32 *position)
{
	bool ok = true;

	do {
		const u8 *data;
		u16 len;

		if (netbuf_data(nb, (void **)(uintptr_t)&data, &len) != ERR_OK)
			return false;
		for (u32 i = 0; i < len; i++)
			ok &= data[i] == byte_at((*position)++);
	} while (netbuf_next(nb) >= 0);
	return ok;
}

/* Bound to TEST_PORT; NULL: no memory, or the port is taken. */
static struct netconn *bound(enum netconn_type type)
{
	struct netconn *c = netconn_new(type);

	if (!c)
		return NULL;
	netconn_set_recvtimeout(c, GIVE_UP_MS);
	if (netconn_bind(c, &loopback, TEST_PORT) == ERR_OK)
		return c;
	netconn_delete(c);
	return NULL;
}

static bool send_datagram(void)
{
	struct netconn *c = netconn_new(NETCONN_UDP);
	struct netbuf *nb = netbuf_new();
	u8 *data = nb ? netbuf_alloc(nb, UDP_BYTES) : NULL;
	bool ok = false;

	if (c && data && netconn_connect(c, &loopback, TEST_PORT) == ERR_OK) {
		fill(data, 0, UDP_BYTES);
		ok = netconn_send(c, nb) == ERR_OK;
	}
	if (nb)
		netbuf_delete(nb);
	if (c)
		netconn_delete(c);
	return ok;
}

bool net_selftest_udp(void)
{
	struct netconn *c;
	struct netbuf *nb;
	u32 position = 0;
	bool ok = false;

	if (net_start())
		return false;
	c = bound(NETCONN_UDP);
	if (!c)
		return false;
	if (send_datagram() && netconn_recv(c, &nb) == ERR_OK) {
		ok = matches(nb, &position) && position == UDP_BYTES;
		netbuf_delete(nb);
	}
	netconn_delete(c);
	return ok;
}

static bool send_all(struct netconn *c, u8 *buf)
{
	for (u32 at = 0; at < TCP_BYTES; at += CHUNK) {
		fill(buf, at, CHUNK);
		if (netconn_write(c, buf, CHUNK, NETCONN_COPY) != ERR_OK)
			return false;
	}
	return true;
}

static void sender(void *arg)
{
	struct netconn *c = netconn_new(NETCONN_TCP);
	u8 *buf = kmalloc(CHUNK);

	*(bool *)arg = c && buf && netconn_connect(c, &loopback, TEST_PORT) == ERR_OK && send_all(c, buf);
	kfree(buf);
	if (c)
		netconn_delete(c);	/* closes: the receiver sees the end */
}

/* Everything up to the end that the sender makes. */
static bool receive_all(struct netconn *c)
{
	struct netbuf *nb;
	u32 position = 0;
	bool ok = true;
	err_t err;

	netconn_set_recvtimeout(c, GIVE_UP_MS);
	while ((err = netconn_recv(c, &nb)) == ERR_OK) {
		ok &= matches(nb, &position);
		netbuf_delete(nb);
	}
	return ok && err == ERR_CLSD && position == TCP_BYTES;
}

static bool accept_and_receive(struct netconn *listener)
{
	struct netconn *c;
	bool ok;

	if (netconn_accept(listener, &c) != ERR_OK)
		return false;
	ok = receive_all(c);
	netconn_delete(c);
	return ok;
}

static bool connection(struct netconn *listener)
{
	bool sent = false, received;
	struct thread *t;

	if (netconn_listen(listener) != ERR_OK)
		return false;
	t = thread_create("lwip-sender", sender, &sent, true);
	if (!t)
		return false;
	received = accept_and_receive(listener);
	while (READ_ONCE(t->state) != THREAD_DEAD)
		sched_yield();
	thread_put(t);
	return sent && received;
}

bool net_selftest_tcp(void)
{
	struct netconn *listener;
	bool ok;

	if (net_start())
		return false;
	listener = bound(NETCONN_TCP);
	if (!listener)
		return false;
	ok = connection(listener);
	netconn_delete(listener);
	return ok;
}

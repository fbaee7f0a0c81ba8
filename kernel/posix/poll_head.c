// SPDX-License-Identifier: Apache-2.0
/*
 * poll_head.c - who wants to hear of a file's events
 */
#include "posix.h"

void poll_head_init(struct poll_head *h)
{
	memset(&h->lock, 0, sizeof(h->lock));
	list_init(&h->hooks);
}

void poll_head_notify(struct poll_head *h, u32 events)
{
	unsigned long flags = spin_lock_irqsave(&h->lock);
	struct poll_hook *k, *tmp;

	list_for_each_safe(k, tmp, &h->hooks, link)
		k->func(k, events);
	spin_unlock_irqrestore(&h->lock, flags);
}

void poll_hook_add(struct poll_head *h, struct poll_hook *k)
{
	unsigned long flags = spin_lock_irqsave(&h->lock);

	list_add_tail(&h->hooks, &k->link);
	spin_unlock_irqrestore(&h->lock, flags);
}

/* func runs under the lock: after this it does not run. */
void poll_hook_del(struct poll_head *h, struct poll_hook *k)
{
	unsigned long flags = spin_lock_irqsave(&h->lock);

	list_del(&k->link);
	spin_unlock_irqrestore(&h->lock, flags);
}

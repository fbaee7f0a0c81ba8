/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irqfd.c - a signal on an eventfd raises an interrupt line of the guest
 *
 * The hook on the eventfd's poll head takes its count and drives the GSI, in
 * whatever context the signal comes. A resample irqfd raises its line and
 * leaves it up: at the guest's EOI the line goes down and the resample eventfd
 * is signalled, so that the device may raise it anew. Those are found without
 * a lock in kvm->resamplers, a table with holes whose entries go after an epoch.
 *
 * An irqfd whose eventfd is closed is dead: it is freed at the VM's next
 * KVM_IRQFD or end, since its hook may not remove itself.
 * Source: KVM API, KVM_IRQFD.
 */
#include "priv.h"

#define EVENT_IN	1u		/* POLLIN and POLLHUP, Linux's numbers */
#define EVENT_HUP	0x10u
#define FLAGS		((u32)(KVM_IRQFD_FLAG_DEASSIGN | KVM_IRQFD_FLAG_RESAMPLE))

struct irqfd {
	struct poll_hook hook;
	struct list link;		/* kvm->irqfds, under kvm->irqfd_lock */
	struct kvm *kvm;
	struct eventfd *eventfd, *resample;	/* references; resample may be NULL */
	u32 gsi;
	bool dead;
};

struct kvm_resamplers {
	u32 nr;
	struct irqfd *irqfd[];		/* NULL: free */
};

static void inject(struct irqfd *q)
{
	u64 count;

	if (!eventfd_consume(q->eventfd, &count))
		return;
	if (q->resample) {
		(void)kvm_set_irq_from(q->kvm, KVM_IRQ_SOURCE_RESAMPLE, q->gsi, 1);
		return;
	}
	(void)kvm_set_irq(q->kvm, q->gsi, 1);
	(void)kvm_set_irq(q->kvm, q->gsi, 0);
}

/* Any context, under the poll head's lock. */
static void hook_fired(struct poll_hook *k, u32 events)
{
	struct irqfd *q = container_of(k, struct irqfd, hook);

	if (events & EVENT_IN)
		inject(q);
	if (events & EVENT_HUP)
		WRITE_ONCE(q->dead, true);
}

/* The line goes down before anyone is told, who may raise it again at once. */
void kvm_notify_acked_irq(struct kvm *kvm, u32 irqchip, u32 pin)
{
	u32 token = kvm_epoch_enter();
	const struct kvm_resamplers *t = __atomic_load_n(&kvm->resamplers, __ATOMIC_SEQ_CST);
	int gsi = t ? kvm_gsi_of_pin(kvm, irqchip, pin) : -1;
	bool lowered = false;

	for (u32 i = 0; gsi >= 0 && i < t->nr; i++) {
		struct irqfd *q = __atomic_load_n(&t->irqfd[i], __ATOMIC_SEQ_CST);

		if (!q || q->gsi != (u32)gsi)
			continue;
		if (!lowered)
			(void)kvm_set_irq_from(kvm, KVM_IRQ_SOURCE_RESAMPLE, q->gsi, 0);
		lowered = true;
		eventfd_signal(q->resample, 1);
	}
	kvm_epoch_exit(token);
}

/* --- below: under kvm->irqfd_lock --- */

static int resamplers_grow(struct kvm *kvm)
{
	struct kvm_resamplers *old = kvm->resamplers, *t;
	u32 nr = old ? old->nr * 2 : 4;

	t = kmalloc(sizeof(*t) + nr * sizeof(t->irqfd[0]));
	if (!t)
		return -ENOMEM;
	t->nr = nr;
	if (old)
		memcpy(t->irqfd, old->irqfd, old->nr * sizeof(t->irqfd[0]));
	__atomic_store_n(&kvm->resamplers, t, __ATOMIC_SEQ_CST);	/* pairs with kvm_notify_acked_irq() */
	if (old) {
		kvm_epoch_wait();
		kfree(old);
	}
	return 0;
}

static int resamplers_add(struct kvm *kvm, struct irqfd *q)
{
	struct kvm_resamplers *t = kvm->resamplers;
	u32 i = 0;
	int err;

	while (t && i < t->nr && t->irqfd[i])
		i++;
	if (!t || i == t->nr) {
		err = resamplers_grow(kvm);
		if (err)
			return err;
	}
	__atomic_store_n(&kvm->resamplers->irqfd[i], q, __ATOMIC_SEQ_CST);
	return 0;
}

/* After it nobody looks at @q. The last one of a line lets it go down. */
static void resamplers_remove(struct kvm *kvm, const struct irqfd *q)
{
	struct kvm_resamplers *t = kvm->resamplers;
	bool others = false;

	for (u32 i = 0; i < t->nr; i++) {
		if (t->irqfd[i] == q)
			__atomic_store_n(&t->irqfd[i], NULL, __ATOMIC_SEQ_CST);
		else if (t->irqfd[i])
			others |= t->irqfd[i]->gsi == q->gsi;
	}
	kvm_epoch_wait();
	if (!others)
		(void)kvm_set_irq_from(kvm, KVM_IRQ_SOURCE_RESAMPLE, q->gsi, 0);
}

static void irqfd_free(struct irqfd *q)
{
	if (q->resample)
		eventfd_put(q->resample);
	if (q->eventfd)
		eventfd_put(q->eventfd);
	kfree(q);
}

static void irqfd_remove(struct irqfd *q)
{
	poll_hook_del(eventfd_poll_head(q->eventfd), &q->hook);
	list_del(&q->link);
	if (q->resample)
		resamplers_remove(q->kvm, q);
	irqfd_free(q);
}

static void reap_dead(struct kvm *kvm)
{
	struct irqfd *q, *tmp;

	list_for_each_safe(q, tmp, &kvm->irqfds, link)
		if (READ_ONCE(q->dead))
			irqfd_remove(q);
}

static bool is_taken(struct kvm *kvm, const struct eventfd *e)
{
	struct irqfd *q;

	list_for_each(q, &kvm->irqfds, link)
		if (q->eventfd == e)
			return true;
	return false;
}

static int insert_locked(struct kvm *kvm, struct irqfd *q)
{
	int err;

	reap_dead(kvm);
	if (is_taken(kvm, q->eventfd))
		return -EBUSY;
	if (q->resample) {
		err = resamplers_add(kvm, q);
		if (err)
			return err;
	}
	list_add_tail(&kvm->irqfds, &q->link);
	poll_hook_add(eventfd_poll_head(q->eventfd), &q->hook);
	inject(q);			/* a count from before the hook */
	return 0;
}

/* --- end --- */

static int parse(struct kvm *kvm, const struct kvm_irqfd *a, struct irqfd *q)
{
	int err;

	*q = (struct irqfd){ .kvm = kvm, .gsi = a->gsi, .hook.func = hook_fired };
	list_init(&q->link);
	list_init(&q->hook.link);
	err = eventfd_from_fd((int)a->fd, &q->eventfd);
	if (!err && (a->flags & KVM_IRQFD_FLAG_RESAMPLE))
		err = eventfd_from_fd((int)a->resamplefd, &q->resample);
	return err;
}

static long assign(struct kvm *kvm, const struct kvm_irqfd *a)
{
	struct irqfd *q;
	int err;

	if (!arch_irqfd_allowed(kvm, a->flags & KVM_IRQFD_FLAG_RESAMPLE))
		return -EINVAL;
	q = kmalloc(sizeof(*q));
	if (!q)
		return -ENOMEM;
	err = parse(kvm, a, q);
	if (!err) {
		mutex_lock(&kvm->irqfd_lock);
		err = insert_locked(kvm, q);
		mutex_unlock(&kvm->irqfd_lock);
	}
	if (err)
		irqfd_free(q);
	return err;
}

/* That there is none is no error. */
static long deassign(struct kvm *kvm, const struct kvm_irqfd *a)
{
	struct eventfd *e;
	struct irqfd *q, *tmp;
	int err = eventfd_from_fd((int)a->fd, &e);

	if (err)
		return err;
	mutex_lock(&kvm->irqfd_lock);
	list_for_each_safe(q, tmp, &kvm->irqfds, link)
		if (READ_ONCE(q->dead) || (q->eventfd == e && q->gsi == a->gsi))
			irqfd_remove(q);
	mutex_unlock(&kvm->irqfd_lock);
	eventfd_put(e);
	return 0;
}

long kvm_irqfd(struct kvm *kvm, const struct kvm_irqfd *a)
{
	if (a->flags & ~FLAGS)
		return -EINVAL;
	return a->flags & KVM_IRQFD_FLAG_DEASSIGN ? deassign(kvm, a) : assign(kvm, a);
}

/* The VM's descriptor is closed; its lines still exist. */
void kvm_irqfd_destroy(struct kvm *kvm)
{
	struct irqfd *q, *tmp;
	void *old;

	mutex_lock(&kvm->irqfd_lock);
	list_for_each_safe(q, tmp, &kvm->irqfds, link)
		irqfd_remove(q);
	old = __atomic_exchange_n(&kvm->resamplers, NULL, __ATOMIC_SEQ_CST);
	if (old)
		kvm_epoch_wait();	/* an EOI on another vCPU may still walk the list */
	kfree(old);
	mutex_unlock(&kvm->irqfd_lock);
}

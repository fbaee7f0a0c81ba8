/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcpu.c - the vCPU descriptor, KVM_RUN's frame, kicks and halts
 *
 * Protocol of a kick: the vCPU publishes VCPU_IN_GUEST and then looks at its
 * requests; a kicker publishes the request and then looks at the mode. One of
 * the two sees the other. The IPI that ends guest mode does nothing else.
 */
#include "priv.h"

#define RUN_BYTES	(2 * PAGE_SIZE)		/* struct kvm_run and the data of port accesses; the VM's page comes after */
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/time.h>
#include <socle/trace.h>
#include <socle/process.h>

static void run_pages_free(struct kvm_vcpu *v)
{
	if (v->run)
		phys_free(ptr_to_hpa(v->run), RUN_BYTES);
}

static void vcpu_free(struct kvm_vcpu *v)
{
	arch_vcpu_destroy(v);
	pt_cache_drain(&v->pt_cache);
	run_pages_free(v);
	kfree(v);
}

static void notify_out(struct sched_notifier *n, struct thread *t)
{
	struct kvm_vcpu *v = container_of(n, struct kvm_vcpu, notifier);

	(void)t;
	arch_vcpu_sched_out(v);
}

static void notify_in(struct sched_notifier *n, struct thread *t)
{
	(void)n;
	(void)t;
}

static long vcpu_run(struct kvm_vcpu *v)
{
	struct thread *t = thread_current();
	u64 blocked = 0;
	long err;

	v->thread = t;
	t->notifier = &v->notifier;
	if (v->sigmask_active)
		blocked = signal_mask_begin(v->sigmask);
	err = arch_vcpu_run(v);
	trace(TRACE_kvm_userspace_exit, v->trace_id, v->run->exit_reason, (u64)err);
	if (v->sigmask_active)
		signal_mask_end(blocked);
	preempt_disable();
	arch_vcpu_sched_out(v);
	t->notifier = NULL;
	preempt_enable();
	v->thread = NULL;
	return err;
}

static long set_signal_mask(struct kvm_vcpu *v, u64 arg)
{
	struct kvm_signal_mask head;
	u64 mask;

	if (!arg) {
		v->sigmask_active = false;
		return 0;
	}
	if (copy_from_app(&head, arg, sizeof(head)))
		return -EFAULT;
	if (head.len != sizeof(mask))
		return -EINVAL;
	if (copy_from_app(&mask, arg + sizeof(head), sizeof(mask)))
		return -EFAULT;
	v->sigmask = mask & ~(BIT(8) | BIT(18));	/* SIGKILL, SIGSTOP */
	v->sigmask_active = true;
	return 0;
}

static long get_mp_state(struct kvm_vcpu *v, u64 arg)
{
	struct kvm_mp_state mp = { 0 };
	int err = arch_get_mp_state(v, &mp.mp_state);

	if (err)
		return err;
	return copy_to_app(arg, &mp, sizeof(mp)) ? -EFAULT : 0;
}

static long set_mp_state(struct kvm_vcpu *v, u64 arg)
{
	struct kvm_mp_state mp;

	if (copy_from_app(&mp, arg, sizeof(mp)))
		return -EFAULT;
	return arch_set_mp_state(v, mp.mp_state);
}

static long vcpu_dispatch(struct kvm_vcpu *v, u32 cmd, u64 arg)
{
	switch (cmd) {
	case (u32)KVM_RUN:
		return arg ? -EINVAL : vcpu_run(v);
	case (u32)KVM_SET_SIGNAL_MASK:
		return set_signal_mask(v, arg);
	case (u32)KVM_GET_MP_STATE:
		return get_mp_state(v, arg);
	case (u32)KVM_SET_MP_STATE:
		return set_mp_state(v, arg);
	default:
		return arch_vcpu_ioctl(v, cmd, arg);
	}
}

static long vcpu_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct kvm_vcpu *v = f->priv;
	long ret;

	if (v->kvm->proc != proc_current())
		return -EIO;
	if ((cmd >> 8 & 0xff) != KVMIO)
		return -EINVAL;
	if (mutex_lock_interruptible(&v->mutex))
		return -EINTR;
	ret = vcpu_dispatch(v, cmd, arg);
	mutex_unlock(&v->mutex);
	return ret;
}

static int vcpu_mmap_page(struct file *f, u64 off, hpa_t *pa)
{
	struct kvm_vcpu *v = f->priv;

	if (off >= kvm_vcpu_mmap_bytes())
		return -EINVAL;
	*pa = off < RUN_BYTES ? HPA(ptr_to_hpa(v->run).v + ALIGN_DOWN(off, PAGE_SIZE)) : ptr_to_hpa(v->kvm->coalesced_ring);
	return 0;
}

/* The vCPU itself stays until the VM goes: others may still look at kvm->vcpus. */
static void vcpu_release(struct file *f)
{
	struct kvm_vcpu *v = f->priv;

	kvm_put(v->kvm);
}

static const struct file_ops vcpu_ops = {
	.name = "kvm-vcpu", .ioctl = vcpu_ioctl, .mmap_page = vcpu_mmap_page, .release = vcpu_release,
};

static struct kvm_vcpu *vcpu_alloc(struct kvm *kvm, u32 id, int *err)
{
	struct kvm_vcpu *v = kmalloc(sizeof(*v));
	hpa_t pa;

	*err = -ENOMEM;
	if (!v)
		return NULL;
	v->kvm = kvm;
	v->id = id;
	v->trace_id = kvm->stat_id << 16 | id;
	mutex_init(&v->mutex);
	kvm_frames_init(&v->frames);
	waitqueue_init(&v->wq);
	v->notifier = (struct sched_notifier){ notify_out, notify_in };
	if (phys_alloc(RUN_BYTES, PAGE_SIZE, MEM_KERNEL, PHYS_ANY_NODE, PHYS_ZERO, &pa)) {
		kfree(v);
		return NULL;
	}
	v->run = hpa_to_ptr(pa);
	v->pio_data = (u8 *)v->run + PAGE_SIZE;
	*err = arch_vcpu_create(v);
	if (*err) {
		run_pages_free(v);
		kfree(v);
		return NULL;
	}
	return v;
}

/*
 * Descriptor or -errno. The descriptor comes first: what others see in
 * kvm->vcpus is never taken back. An app may guess the descriptor: v->mutex is
 * held until arch_vcpu_postcreate() has ended.
 */
static int vcpu_publish(struct kvm *kvm, struct kvm_vcpu *v, struct file *f)
{
	int fd;

	mutex_lock(&v->mutex);
	mutex_lock(&kvm->lock);
	v->idx = kvm->nr_vcpus;
	fd = kvm_vcpu_by_id(kvm, v->id) ? -EEXIST : fd_install(f, true);
	if (fd >= 0) {
		kvm->vcpus[v->idx] = v;
		__atomic_store_n(&kvm->nr_vcpus, v->idx + 1, __ATOMIC_RELEASE);
	}
	mutex_unlock(&kvm->lock);
	if (fd >= 0)
		arch_vcpu_postcreate(v);
	mutex_unlock(&v->mutex);
	return fd;
}

static int vcpu_create(struct kvm *kvm, u32 id)
{
	struct kvm_vcpu *v;
	struct file *f;
	int err, fd;

	if (kvm_vcpu_by_id(kvm, id))
		return -EEXIST;
	v = vcpu_alloc(kvm, id, &err);
	if (!v)
		return err;
	f = file_create(&vcpu_ops, v, 2);
	if (!f) {
		vcpu_free(v);
		return -ENOMEM;
	}
	__atomic_fetch_add(&kvm->refs, 1, __ATOMIC_RELAXED);
	fd = vcpu_publish(kvm, v, f);
	if (fd < 0) {
		file_put(f);		/* drops the VM reference */
		vcpu_free(v);
	}
	return fd;
}

/* Counted first: what vCPUs are made with (irqchip, boot CPU, frequency) does not change under the first one. */
long kvm_create_vcpu(struct kvm *kvm, u32 id)
{
	long fd = 0;

	mutex_lock(&kvm->lock);
	if (kvm->created_vcpus == KVM_MAX_VCPU)
		fd = -EINVAL;
	else
		kvm->created_vcpus++;
	mutex_unlock(&kvm->lock);
	if (fd)
		return fd;
	fd = vcpu_create(kvm, id);
	if (fd >= 0)
		return fd;
	mutex_lock(&kvm->lock);
	kvm->created_vcpus--;
	mutex_unlock(&kvm->lock);
	return fd;
}

void kvm_vcpus_destroy(struct kvm *kvm)
{
	for (u32 i = 0; i < kvm->nr_vcpus; i++)
		vcpu_free(kvm->vcpus[i]);
	kvm->nr_vcpus = 0;
}

struct kvm_vcpu *kvm_vcpu_by_id(struct kvm *kvm, u32 id)
{
	u32 nr = __atomic_load_n(&kvm->nr_vcpus, __ATOMIC_ACQUIRE);

	for (u32 i = 0; i < nr; i++)
		if (kvm->vcpus[i]->id == id)
			return kvm->vcpus[i];
	return NULL;
}

/* A sleeper queues itself before it looks: with none queued there is nobody to wake. */
void kvm_vcpu_kick(struct kvm_vcpu *v)
{
	u32 cpu;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (READ_ONCE(v->wq.waiters.next) != &v->wq.waiters)
		waitqueue_wake_all(&v->wq);
	if (READ_ONCE(v->mode) != VCPU_IN_GUEST)
		return;
	preempt_disable();
	cpu = READ_ONCE(v->cpu);
	if (cpu != cpu_id())
		arch_send_resched_ipi(cpu);
	preempt_enable();
}

void kvm_make_all_request(struct kvm *kvm, u32 req)
{
	u32 nr = __atomic_load_n(&kvm->nr_vcpus, __ATOMIC_ACQUIRE);

	for (u32 i = 0; i < nr; i++) {
		kvm_make_request(kvm->vcpus[i], req);
		if (READ_ONCE(kvm->vcpus[i]->mode) == VCPU_IN_GUEST)
			kvm_vcpu_kick(kvm->vcpus[i]);
	}
	for (u32 i = 0; i < nr; i++)
		while (READ_ONCE(kvm->vcpus[i]->mode) == VCPU_IN_GUEST &&
		       (READ_ONCE(kvm->vcpus[i]->requests) & BIT(req)))
			arch_cpu_relax();
}

int kvm_vcpu_block(struct kvm_vcpu *v, bool (*runnable)(struct kvm_vcpu *v))
{
	u64 start = clock_ns();
	int err;

	v->stat_halts++;
	trace(TRACE_kvm_vcpu_block, v->trace_id, 0, 0);
	err = wait_event_interruptible(&v->wq, runnable(v));
	trace(TRACE_kvm_vcpu_wakeup, v->trace_id, clock_ns() - start, 0);
	return err;
}

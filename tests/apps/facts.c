/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c - /dev/socle: what the kernel tells about itself
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/kvm.h>

static char text[65536];

/* The whole answer, or NULL. */
static const char *ask(const char *question)
{
	int fd = open("/dev/socle", O_RDWR);
	size_t len = 0;
	ssize_t n;

	if (fd < 0 || write(fd, question, strlen(question)) < 0) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = 0;
	close(fd);
	return text;
}

static long value(const char *answer, const char *name)
{
	const char *at = answer ? strstr(answer, name) : NULL;

	return at ? atol(at + strlen(name)) : -1;
}

static unsigned failed;

static void check(const char *what, int ok)
{
	printf("%s %s\n", ok ? "ok  " : "FAIL", what);
	failed += !ok;
}

/* CPUID, OUT to the VMM, HLT in real mode at 0x1000; 0: it came to the HLT. */
static int run_guest(void)
{
	static const unsigned char code[] = { 0x0f, 0xa2, 0xb0, 0x5a, 0xe6, 0x10, 0xf4 };
	int dev = open("/dev/kvm", O_RDWR), vm = ioctl(dev, KVM_CREATE_VM, 0), cpu;
	unsigned char *mem = mmap(NULL, 0x2000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region slot = { .memory_size = 0x2000, .userspace_addr = (unsigned long)mem };
	struct kvm_sregs sregs;
	struct kvm_regs regs = { .rip = 0x1000, .rflags = 2 };
	struct kvm_run *run;
	unsigned reason;
	int ret = -1;

	memcpy(mem + 0x1000, code, sizeof(code));
	if (vm < 0 || ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot) || (cpu = ioctl(vm, KVM_CREATE_VCPU, 0)) < 0)
		return -1;
	run = mmap(NULL, (size_t)ioctl(dev, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
	ioctl(cpu, KVM_GET_SREGS, &sregs);
	sregs.cs.base = sregs.cs.selector = 0;
	ioctl(cpu, KVM_SET_SREGS, &sregs);
	ioctl(cpu, KVM_SET_REGS, &regs);
	while (!(ret = ioctl(cpu, KVM_RUN, 0)) && run->exit_reason == KVM_EXIT_IO)
		;
	check("statistics have the vCPU and its exits", value(ask("stat"), " exit_cpuid ") == 1 &&
	      value(ask("stat"), " exit_io ") == 1 && value(ask("stat"), " faults ") >= 1);
	reason = run->exit_reason;
	munmap(run, (size_t)ioctl(dev, KVM_GET_VCPU_MMAP_SIZE, 0));
	munmap(mem, 0x2000);
	close(cpu);
	close(vm);
	close(dev);
	return ret || reason != KVM_EXIT_HLT;
}

static void check_trace(void)
{
	const char *a = ask("trace on"), *b;

	check("tracing is switched on", a && !*a);
	check("a guest runs", !run_guest());
	check("tracing is switched off", ask("trace off") != NULL);
	a = ask("trace show 500");
	check("the trace has CPUID", a && strstr(a, " kvm_cpuid leaf 0x"));
	check("the trace has the port", a && strstr(a, " kvm_pio_write port 0x10 value 0x5a"));
	check("the trace has the fault", a && strstr(a, " kvm_page_fault gpa 0x1000 "));
	b = a ? strstr(a, " kvm_entry rip 0x1000") : NULL;
	check("entry, then exit", b && strstr(b, " kvm_exit reason 0x") > b);
	a = ask("trace show 3");
	check("the newest three", a && strchr(a, '\n') && strchr(strchr(a, '\n') + 1, '\n') &&
	      value(a, "cpu ") >= 0 && strlen(a) < 400);
	check("trace refuses what it does not know", !ask("trace fast") && errno == EINVAL);
	check("a count is a number", !ask("trace show many") && errno == EINVAL);
}

static void check_sections(void)
{
	const char *a;

	check("sections are measured", ask("stat on") != NULL);
	(void)run_guest();
	usleep(2000);
	a = ask("stat");
	check("the longest section with preemption off", value(a, "preempt_off_max_ns ") > 0);
	check("threads were switched", value(a, "switches ") > 0);
	check("the VM is gone from the statistics", a && !strstr(a, "vm "));
	check("sections are measured no more", ask("stat off") != NULL);
}

int main(void)
{
	const char *a = ask("log");

	check("the log begins with the kernel's first line", a && strstr(a, "socle: kernel at"));
	a = ask("mem");
	check("memory: some is free, some is the app's", value(a, "free_pages ") > 0 && value(a, "app_pages ") > 0 &&
	      value(a, "total_pages ") > value(a, "free_pages "));
	a = ask("boot\n");
	check("points of the boot come in order", value(a, "kernel ") > 0 && value(a, "app ") > value(a, "kernel ") &&
	      value(a, "now ") > value(a, "app "));
	check("no guest was entered yet", value(a, "first_entry ") == -1);
	check("an unknown name is EINVAL", !ask("nonsense") && errno == EINVAL);
	check("part of a name is unknown", !ask("lo") && errno == EINVAL);
	check_trace();
	check_sections();
	return failed != 0;
}

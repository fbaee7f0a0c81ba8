// SPDX-License-Identifier: Apache-2.0
/* Commands of the console's shell, in a table. */
#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool quit;

bool shell_quit(void)
{
	return quit;
}

static struct vm *vm_find(struct vm *vms, uint32_t nr, const char *name)
{
	uint32_t i;

	for (i = 0; name && i < nr; i++)
		if (!strcmp(vms[i].cfg.name, name))
			return &vms[i];
	printf("no VM of this name: %s\r\n", name ? name : "(none given)");
	return NULL;
}

static void vm_list(const struct vm *vms, uint32_t nr)
{
	static const char *const states[] = { "stopped", "running",
					      "stopping" };
	uint32_t i;

	for (i = 0; i < nr; i++)
		printf("%u  %-20s %-9s %u vCPUs, %llu MiB\r\n", i,
		       vms[i].cfg.name, states[vms[i].state],
		       vms[i].cfg.boot_vcpus,
		       (unsigned long long)vms[i].cfg.memory_bytes >> 20);
}

static void vm_command(const char *verb, const char *name, struct vm *vms,
		       uint32_t nr, int kvm_fd)
{
	struct vm *vm;

	if (verb && !strcmp(verb, "list")) {
		vm_list(vms, nr);
		return;
	}
	if (!verb || (strcmp(verb, "start") && strcmp(verb, "stop") &&
		      strcmp(verb, "reset"))) {
		printf("vm list | vm start|stop|reset NAME\r\n");
		return;
	}
	vm = vm_find(vms, nr, name);
	if (!vm)
		return;
	if (!strcmp(verb, "start") && vm->state == VM_STOPPED)
		vm_start(vm, kvm_fd);
	else if (!strcmp(verb, "start") || vm->state != VM_RUNNING)
		printf("%s is %s\r\n", name,
		       vm->state == VM_STOPPED ? "stopped" : "running");
	else
		vm_request_end(vm, verb[1] == 't' ? VM_END_STOPPED
						  : VM_END_RESET);
}

/* The terminal is raw: each line needs its return. */
static void text_print(const char *text, size_t bytes)
{
	for (; bytes; bytes--, text++) {
		if (*text == '\n')
			putchar('\r');
		putchar(*text);
	}
}

/* /dev/socle answers a command's name and arguments with text. */
static void kernel_fact(const char *word, const char *verb, const char *arg)
{
	char what[64];
	char buf[512];
	ssize_t n;
	int fd = open("/dev/socle", O_RDWR);

	snprintf(what, sizeof(what), "%s %s %s", word, verb ? verb : "",
		 arg ? arg : "");

	if (fd < 0) {
		printf("%s: needs /dev/socle, which this kernel lacks: %s\r\n",
		       word, strerror(errno));
		return;
	}
	if (write(fd, what, strlen(what)) < 0)
		printf("%s: %s\r\n", word, strerror(errno));
	else
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			text_print(buf, (size_t)n);
	close(fd);
}

void shell_run(char *line, struct vm *vms, uint32_t nr_vms, int kvm_fd)
{
	char *save, *word = strtok_r(line, " ", &save);
	char *verb = word ? strtok_r(NULL, " ", &save) : NULL;
	char *name = verb ? strtok_r(NULL, " ", &save) : NULL;

	if (!word)
		return;
	if (!strcmp(word, "help"))
		printf("help, vm list, vm start|stop|reset NAME, log, "
		       "trace on|off|show [N], stat [on|off], mem, quit\r\n");
	else if (!strcmp(word, "vm"))
		vm_command(verb, name, vms, nr_vms, kvm_fd);
	else if (!strcmp(word, "log") || !strcmp(word, "trace") ||
		 !strcmp(word, "stat") || !strcmp(word, "mem"))
		kernel_fact(word, verb, name);
	else if (!strcmp(word, "quit"))
		quit = true;
	else
		printf("%s: unknown command; try help\r\n", word);
	fflush(stdout);
}

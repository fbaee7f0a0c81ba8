// SPDX-License-Identifier: Apache-2.0
/* vmm [--batch] [--exit-when-idle] file.json ...: runs those VMs. */
#include "vmm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_VMS		16u
#define VM_DIR		"/socle"

static struct vm vms[MAX_VMS];
static uint32_t nr_vms;
static int failures;

static void vm_add(const char *file)
{
	struct vm *vm = &vms[nr_vms];
	char err[256];

	if (nr_vms == MAX_VMS) {
		printf("vmm: %s: more than %u VMs\r\n", file, MAX_VMS);
		failures++;
		return;
	}
	if (config_load(file, &vm->cfg, err, sizeof(err))) {
		printf("vmm: %s\r\n", err);
		failures++;
		return;
	}
	vm->index = nr_vms++;
	vm->fd = -1;
}

static int name_compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_json(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && !strcmp(d->d_name + n - 5, ".json");
}

static void vms_add_all(void)
{
	struct dirent **names;
	char path[300];
	int i, nr = scandir(VM_DIR, &names, is_json, name_compare);

	if (nr < 0) {
		printf("vmm: " VM_DIR ": %s\r\n", strerror(errno));
		failures++;
		return;
	}
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), VM_DIR "/%s", names[i]->d_name);
		vm_add(path);
		free(names[i]);
	}
	free(names);
}

static int kvm_open(void)
{
	int fd = open("/dev/kvm", O_RDWR);

	if (fd < 0)
		printf("vmm: /dev/kvm: %s\r\n", strerror(errno));
	else if (ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
		printf("vmm: /dev/kvm: not API version 12\r\n");
		close(fd);
		fd = -1;
	}
	return fd;
}

/* 1: something failed; a test guest's own code otherwise. */
static int exit_status(void)
{
	uint32_t i;

	for (i = 0; i < nr_vms; i++) {
		if (vms[i].end == VM_END_ERROR)
			failures++;
		else if (vms[i].end == VM_END_TEST && !failures)
			return vms[i].exit_code;
	}
	return failures ? 1 : 0;
}

int main(int argc, char **argv)
{
	bool batch = false, idle = false, named = false;
	int i, kvm_fd;
	uint32_t v;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--batch")) {
			batch = true;
		} else if (!strcmp(argv[i], "--exit-when-idle")) {
			idle = true;
		} else if (argv[i][0] == '-') {
			printf("usage: vmm [--batch] [--exit-when-idle] "
			       "[file.json ...]\n");
			return 2;
		} else {
			named = true;
			vm_add(argv[i]);
		}
	}
	if (!named)
		vms_add_all();
	kvm_fd = kvm_open();
	if (kvm_fd < 0 || vcpu_signal_init())
		return 1;
	for (v = 0; v < nr_vms; v++)
		vm_start(&vms[v], kvm_fd);
	if (console_run(vms, nr_vms, kvm_fd, batch, idle))
		return 1;
	return exit_status();
}

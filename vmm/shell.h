/* SPDX-License-Identifier: Apache-2.0 */
/* The VMM's command line. */
#ifndef VMM_SHELL_H
#define VMM_SHELL_H

#include "vmm.h"

#define SHELL_LINE_BYTES 256u

/* @line: at most SHELL_LINE_BYTES with its 0; it is cut to words. */
void shell_run(char *line, struct vm *vms, uint32_t nr_vms, int kvm_fd);
bool shell_quit(void);

#endif

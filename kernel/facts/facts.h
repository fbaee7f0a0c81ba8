/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h - between the files of kernel/facts
 */
#ifndef KERNEL_FACTS_H
#define KERNEL_FACTS_H

#include <socle/facts.h>

const struct fact *fact_find(const char *name, size_t len);	/* NULL: none */
void facts_device_init(void);

extern struct fact fact_fail;	/* fail.c */

#endif

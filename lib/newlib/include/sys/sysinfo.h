/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SYS_SYSINFO_H
#define SYS_SYSINFO_H

struct sysinfo {
	long uptime;
	unsigned long loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	unsigned short procs;
	unsigned long totalhigh, freehigh;
	unsigned int mem_unit;
};

int sysinfo(struct sysinfo *out);
int get_nprocs(void);
int get_nprocs_conf(void);

#endif

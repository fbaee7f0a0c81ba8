// SPDX-License-Identifier: Apache-2.0
/* CMOS clock, read only as to time, and the ACPI PM timer. No alarm. */
#include "vmm.h"

#include <string.h>
#include <time.h>

#define REG_A 0x0au
#define REG_B 0x0bu
#define REG_C 0x0cu
#define REG_D 0x0du
#define B_BINARY 0x04u

#define PMTIMER_HZ 3579545ull

uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

uint32_t pmtimer_read(const struct vm *vm)
{
	uint64_t ns = clock_ns() - vm->boot_ns;
	uint64_t s = ns / 1000000000ull, rest = ns % 1000000000ull;

	return (uint32_t)(s * PMTIMER_HZ + rest * PMTIMER_HZ / 1000000000ull) &
	       0xffffffu;
}

void rtc_init(struct vm *vm)
{
	memset(&vm->rtc, 0, sizeof(vm->rtc));
	vm->rtc.ram[REG_A] = 0x26;
	vm->rtc.ram[REG_B] = 0x02;	/* 24 hours, BCD */
}

/* -1 if the register holds no time. */
static int time_field(uint32_t reg, const struct tm *tm)
{
	switch (reg) {
	case 0x00: return tm->tm_sec;
	case 0x02: return tm->tm_min;
	case 0x04: return tm->tm_hour;
	case 0x06: return tm->tm_wday + 1;
	case 0x07: return tm->tm_mday;
	case 0x08: return tm->tm_mon + 1;
	case 0x09: return tm->tm_year % 100;
	case 0x32: return 19 + tm->tm_year / 100;
	default: return -1;
	}
}

uint8_t rtc_read(struct vm *vm, uint32_t reg)
{
	struct rtc *rtc = &vm->rtc;
	time_t now = time(NULL);
	struct tm tm;
	int value;

	if (reg == 0)
		return 0xff;
	gmtime_r(&now, &tm);
	value = time_field(rtc->index, &tm);
	if (value < 0)
		return rtc->index == REG_D ? 0x80 : rtc->ram[rtc->index];
	if (rtc->ram[REG_B] & B_BINARY)
		return (uint8_t)value;
	return (uint8_t)(value / 10 << 4 | value % 10);
}

void rtc_write(struct vm *vm, uint32_t reg, uint8_t value)
{
	struct rtc *rtc = &vm->rtc;

	if (reg == 0)
		rtc->index = value & 0x7f;
	else if (rtc->index == REG_A)
		rtc->ram[REG_A] = value & 0x7f;
	else if (rtc->index != REG_C && rtc->index != REG_D)
		rtc->ram[rtc->index] = value;
}

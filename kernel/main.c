/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - order of the boot
 */
#include <socle/acpi.h>
#include <socle/arch.h>
#include <socle/boot_info.h>
#include <socle/facts.h>
#include <socle/log.h>
#include <socle/kvm.h>
#include <socle/main.h>
#include <socle/mem.h>
#include <socle/mem.h>
#include <socle/pci.h>
#include <socle/process.h>
#include <socle/sched.h>
#include <socle/stat.h>
#include <socle/trace.h>
#include "cmdline.h"
#include "crash.h"
#include "selftest.h"

extern const char app_image[], app_image_end[];

static void log_memory(const struct boot_info *bi)
{
	u64 ram = 0, loader = 0;

	for (u32 i = 0; i < bi->nr_ranges; i++) {
		const struct boot_range *r = &bi->range[i];

		if (r->type == BOOT_RAM)
			ram += r->size;
		if (r->type == BOOT_LOADER)
			loader += r->size;
		log_debug("range %016lx %016lx type %u\n", r->start, r->size, r->type);
	}
	facts_set_ram(ram + loader);
	log_info("memory: %lu MiB free, %lu MiB held by the loader, %u ranges\n",
		 ram >> 20, loader >> 20, bi->nr_ranges);
}

static void log_files(const struct boot_info *bi)
{
	for (u32 i = 0; i < bi->nr_files; i++)
		log_info("file: %s, %lu bytes\n", bi->file[i].path, bi->file[i].size);
}

static void read_acpi(u64 rsdp_pa)
{
	int err = acpi_init(rsdp_pa);

	if (err)
		log_notice("acpi: no usable tables (error %d)\n", err);
	else
		log_info("acpi: %u CPUs, 1 started\n", acpi_cpus(NULL, 0));
}

/* The rest of the boot, in a thread of its own. */
static void init_thread(void *arg)
{
	arch_start_devices();
	pci_init();
	if (IS_ENABLED(CONFIG_SELFTEST) && cmdline_find("selftest"))
		arch_poweroff((int)selftest_run());
	if (IS_ENABLED(CONFIG_SELFTEST))
		crash_run();
	if (kvm_init())
		log_notice("kvm: /dev/kvm is absent\n");
	facts_init();
	trace_init();
	stat_init();
	boot_mark(MARK_APP);
	phys_watch_least();
	app_run(arg, app_image, (u64)(app_image_end - app_image));
}

/* Options log=LEVEL, fb=off. */
static void choose_log(const struct boot_info *bi)
{
	static const char *const levels[] = {
		[LOG_ERROR] = "error", [LOG_NOTICE] = "notice", [LOG_INFO] = "info", [LOG_DEBUG] = "debug",
	};

	for (u32 i = 0; i < ARRAY_SIZE(levels); i++)
		if (cmdline_has("log", levels[i]))
			log_set_level((enum log_level)i);
	if (!cmdline_has("fb", "off") && log_to_framebuffer(&bi->fb, hpa_to_ptr(HPA(bi->fb.pa))))
		log_info("framebuffer: %u x %u\n", bi->fb.width, bi->fb.height);
}

void kernel_main(const struct boot_info *bi)
{
	struct thread *init;

	boot_mark_at[MARK_EXIT_BOOT_SERVICES] = bi->tsc_at_exit;
	boot_mark(MARK_KERNEL);
	cmdline_init(bi->cmdline);
	arch_set_debug_exit(cmdline_find("debug-exit") != NULL);
	choose_log(bi);
	log_info("socle: kernel at %lx, options '%s'\n", bi->kernel_pa, bi->cmdline);
	log_memory(bi);
	log_files(bi);
	read_acpi(bi->rsdp_pa);
	init = thread_create("init", init_thread, (void *)(u64)bi, true);
	if (!init || thread_reaper_start())
		panic("init: no memory for the first threads\n");
	thread_put(init);
	sched_idle();
}

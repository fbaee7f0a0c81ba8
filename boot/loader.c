/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader.c - UEFI application: files, memory map, first page tables, jump
 *
 * Everything the kernel gets stays in LoaderData pages, which the memory map
 * reports as BOOT_LOADER; the kernel frees them when it has copied what it needs.
 * UEFI 2.10: 4.4 (boot services), 7.2 (memory), 13.5 (files).
 */
#include <efi.h>
#include <efilib.h>
#include <elf.h>
#include <socle/boot_info.h>

#define DIRECT_MAP	0xffff800000000000ull
#define IMAGE_BASE	0xffffffff80000000ull
#define PTE_PRESENT_W	3ull
#define PTE_LARGE	0x80ull
#define MAX_FILE_BYTES	(4ull << 30)

extern const u8 kernel_elf_start[] __attribute__((visibility("hidden")));
extern const u8 kernel_elf_end[] __attribute__((visibility("hidden")));

static EFI_HANDLE loader_image;

static void stop(const CHAR16 *what, EFI_STATUS st)
{
	Print(L"socle: %s: %r\n", what, st);
	uefi_call_wrapper(BS->Stall, 1, 5000000);
	uefi_call_wrapper(BS->Exit, 4, loader_image, st, 0, NULL);
	for (;;)
		__asm__ volatile("hlt");
}

/* Zeroed LoaderData pages; stops when there are none. */
static void *pages(u64 bytes)
{
	EFI_PHYSICAL_ADDRESS pa = 0;
	UINTN n = (UINTN)((bytes + 4095) / 4096);
	EFI_STATUS st = uefi_call_wrapper(BS->AllocatePages, 4, AllocateAnyPages, EfiLoaderData, n, &pa);

	if (EFI_ERROR(st))
		stop(L"out of memory", st);
	SetMem((void *)(UINTN)pa, n * 4096, 0);
	return (void *)(UINTN)pa;
}

/* Loads one file of \socle. The stated limits are BOOT_MAX_FILES and MAX_FILE_BYTES. */
static void load_file(struct boot_info *bi, EFI_FILE_HANDLE dir, EFI_FILE_INFO *info)
{
	struct boot_file *f = &bi->file[bi->nr_files];
	EFI_FILE_HANDLE h;
	EFI_STATUS st;
	UINTN n = (UINTN)info->FileSize, i;

	if (bi->nr_files == BOOT_MAX_FILES || info->FileSize > MAX_FILE_BYTES ||
	    StrLen(info->FileName) + 8 > BOOT_PATH_MAX) {
		Print(L"socle: %s is beyond the limits (64 files of 4 GiB, names of 119 characters)\n", info->FileName);
		stop(L"boot volume", EFI_BAD_BUFFER_SIZE);
	}
	st = uefi_call_wrapper(dir->Open, 5, dir, &h, info->FileName, EFI_FILE_MODE_READ, 0);
	if (EFI_ERROR(st))
		stop(info->FileName, st);
	f->pa = (u64)(UINTN)pages(n ? n : 1);
	f->size = n;
	st = uefi_call_wrapper(h->Read, 3, h, &n, (void *)(UINTN)f->pa);
	if (EFI_ERROR(st) || n != f->size)
		stop(info->FileName, EFI_ERROR(st) ? st : EFI_END_OF_FILE);
	uefi_call_wrapper(h->Close, 1, h);
	CopyMem(f->path, "/socle/", 7);
	for (i = 0; info->FileName[i]; i++)
		f->path[7 + i] = (char)info->FileName[i];
	bi->nr_files++;
}

static void load_files(struct boot_info *bi, EFI_HANDLE device)
{
	EFI_FILE_HANDLE root = LibOpenRoot(device), dir;
	static u8 buf[1024];
	EFI_FILE_INFO *info = (void *)buf;

	if (!root || EFI_ERROR(uefi_call_wrapper(root->Open, 5, root, &dir, L"\\socle", EFI_FILE_MODE_READ, 0)))
		return;		/* a volume without the folder is a machine without VMs */
	for (;;) {
		UINTN n = sizeof(buf);
		EFI_STATUS st = uefi_call_wrapper(dir->Read, 3, dir, &n, buf);

		if (EFI_ERROR(st))
			stop(L"reading \\socle", st);
		if (n == 0)
			return;
		if (!(info->Attribute & EFI_FILE_DIRECTORY))
			load_file(bi, dir, info);
	}
}

/* Copies the segments of kernel.elf to one run of pages; returns the entry point. */
static u64 load_kernel(struct boot_info *bi)
{
	const Elf64_Ehdr *eh = (const void *)kernel_elf_start;
	const Elf64_Phdr *ph = (const void *)(kernel_elf_start + eh->e_phoff);
	u64 end = IMAGE_BASE;
	u16 i;

	for (i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_vaddr + ph[i].p_memsz > end)
			end = ph[i].p_vaddr + ph[i].p_memsz;
	bi->kernel_size = (end - IMAGE_BASE + SZ_2M - 1) & ~(SZ_2M - 1);
	bi->kernel_pa = ((u64)(UINTN)pages(bi->kernel_size + SZ_2M) + SZ_2M - 1) & ~(SZ_2M - 1);
	for (i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD)
			CopyMem((void *)(UINTN)(bi->kernel_pa + ph[i].p_vaddr - IMAGE_BASE),
				(void *)(kernel_elf_start + ph[i].p_offset), ph[i].p_filesz);
	return eh->e_entry;
}

/* 1:1 and direct map of the first 512 GiB with 1 GiB or 2 MiB leaves, image at -2 GiB. */
static u64 *build_tables(struct boot_info *bi, u64 top)
{
	u64 *pml4 = pages(4096), *low = pages(4096), *high = pages(4096), *pd = pages(4096), i, j;

	for (i = 0; i < 512 && (i << 30) < top; i++) {
		u64 *pd1 = pages(4096);

		for (j = 0; j < 512; j++)
			pd1[j] = (i << 30) | (j << 21) | PTE_LARGE | PTE_PRESENT_W;
		low[i] = (u64)(UINTN)pd1 | PTE_PRESENT_W;
	}
	for (i = 0; i << 21 < bi->kernel_size; i++)
		pd[i] = (bi->kernel_pa + (i << 21)) | PTE_LARGE | PTE_PRESENT_W;
	high[510] = (u64)(UINTN)pd | PTE_PRESENT_W;
	pml4[0] = (u64)(UINTN)low | PTE_PRESENT_W;
	pml4[256] = pml4[0];
	pml4[511] = (u64)(UINTN)high | PTE_PRESENT_W;
	return pml4;
}

static u32 range_type(u32 efi_type)
{
	switch (efi_type) {
	case EfiConventionalMemory:
	case EfiBootServicesCode:
	case EfiBootServicesData:
		return BOOT_RAM;
	case EfiLoaderCode:
	case EfiLoaderData:
		return BOOT_LOADER;
	case EfiACPIReclaimMemory:
	case EfiACPIMemoryNVS:
		return BOOT_ACPI;
	case EfiMemoryMappedIO:
	case EfiMemoryMappedIOPortSpace:
		return BOOT_MMIO;
	default:
		return BOOT_RESERVED;
	}
}

/* Appends in the map's order, joined with the range before it where they touch. */
static int add_range(struct boot_info *bi, u64 start, u64 size, u32 type)
{
	struct boot_range *last = bi->nr_ranges ? &bi->range[bi->nr_ranges - 1] : NULL;

	if (last && last->type == type && last->start + last->size == start) {
		last->size += size;
		return 0;
	}
	if (bi->nr_ranges == BOOT_MAX_RANGES)
		return -1;
	bi->range[bi->nr_ranges++] = (struct boot_range){ start, size, type, 0 };
	return 0;
}

/* Firmware need not sort its map (UEFI 2.10, 7.2.3). */
static void sort_ranges(struct boot_info *bi)
{
	u32 i, j;

	for (i = 1; i < bi->nr_ranges; i++) {
		struct boot_range r = bi->range[i];

		for (j = i; j > 0 && bi->range[j - 1].start > r.start; j--)
			bi->range[j] = bi->range[j - 1];
		bi->range[j] = r;
	}
}

static u64 top_of_memory(void)
{
	UINTN n, key, size, i;
	UINT32 version;
	u8 *map = (u8 *)LibMemoryMap(&n, &key, &size, &version);
	u64 top = 4ull << 30;

	for (i = 0; i < n; i++) {
		EFI_MEMORY_DESCRIPTOR *d = (void *)(map + i * size);
		u64 end = d->PhysicalStart + d->NumberOfPages * 4096;

		if (range_type(d->Type) != BOOT_MMIO && range_type(d->Type) != BOOT_RESERVED && end > top)
			top = end;
	}
	return top;
}

/* The map changes with every allocation, also the firmware's own: retry with a fresh key. */
static void exit_boot_services(struct boot_info *bi, u8 *map, UINTN room)
{
	EFI_STATUS st = EFI_INVALID_PARAMETER;
	UINTN bytes, key, size, i, off;
	UINT32 version;

	for (i = 0; i < 8 && EFI_ERROR(st); i++) {
		bytes = room;
		st = uefi_call_wrapper(BS->GetMemoryMap, 5, &bytes, (EFI_MEMORY_DESCRIPTOR *)map, &key, &size, &version);
		if (EFI_ERROR(st))
			stop(L"memory map", st);
		st = uefi_call_wrapper(BS->ExitBootServices, 2, loader_image, key);
	}
	if (EFI_ERROR(st))
		stop(L"ExitBootServices", st);
	for (off = 0; off + size <= bytes; off += size) {
		EFI_MEMORY_DESCRIPTOR *d = (void *)(map + off);

		if (add_range(bi, d->PhysicalStart, d->NumberOfPages * 4096, range_type(d->Type)))
			break;
	}
	sort_ranges(bi);
}

static void find_rsdp(struct boot_info *bi)
{
	EFI_GUID v2 = ACPI_20_TABLE_GUID;
	void *p = NULL;

	if (!EFI_ERROR(LibGetSystemConfigurationTable(&v2, &p)))
		bi->rsdp_pa = (u64)(UINTN)p;
}

static void find_framebuffer(struct boot_info *bi)
{
	EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
	EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *m;

	if (EFI_ERROR(uefi_call_wrapper(BS->LocateProtocol, 3, &guid, NULL, (void **)&gop)))
		return;
	m = gop->Mode->Info;
	if (m->PixelFormat > PixelBlueGreenRedReserved8BitPerColor)
		return;
	bi->fb = (struct boot_framebuffer){ gop->Mode->FrameBufferBase, gop->Mode->FrameBufferSize,
		m->HorizontalResolution, m->VerticalResolution, m->PixelsPerScanLine * 4, m->PixelFormat };
}

/* Days since 1970-01-01 of a date of the Gregorian calendar; years begin in March, so that a leap day is the last. */
static u64 days_of(u32 year, u32 month, u32 day)
{
	u32 y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return (u64)y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* Localtime = UTC - TimeZone, in minutes (UEFI 2.10, 8.3); unspecified: as if UTC. */
static void read_wall_clock(struct boot_info *bi)
{
	EFI_TIME t;
	INT64 s;

	if (EFI_ERROR(uefi_call_wrapper(RT->GetTime, 2, &t, NULL)) || t.Year < 1970)
		return;
	s = (INT64)(days_of(t.Year, t.Month, t.Day) * 86400 + t.Hour * 3600u + t.Minute * 60u + t.Second);
	if (t.TimeZone >= -1440 && t.TimeZone <= 1440)
		s += t.TimeZone * 60;
	bi->realtime_s = s > 0 ? (u64)s : 0;
}

static void copy_cmdline(struct boot_info *bi)
{
	u32 i, j;

	for (i = 0; i < bi->nr_files; i++) {
		const char *text = (const void *)(UINTN)bi->file[i].pa;

		if (strcmpa((CHAR8 *)bi->file[i].path, (CHAR8 *)"/socle/cmdline"))
			continue;
		for (j = 0; j < bi->file[i].size && j < sizeof(bi->cmdline) - 1 && text[j] != '\n'; j++)
			bi->cmdline[j] = text[j];
	}
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *systab)
{
	struct boot_info *bi;
	EFI_LOADED_IMAGE *self;
	u64 entry, *pml4;
	u8 *map;
	UINTN room = 256 * 1024;

	loader_image = image;
	InitializeLib(image, systab);
	bi = pages(sizeof(*bi));
	bi->magic = BOOT_INFO_MAGIC;
	if (!EFI_ERROR(uefi_call_wrapper(BS->HandleProtocol, 3, image, &LoadedImageProtocol, (void **)&self)))
		load_files(bi, self->DeviceHandle);
	copy_cmdline(bi);
	find_rsdp(bi);
	find_framebuffer(bi);
	read_wall_clock(bi);
	entry = load_kernel(bi);
	pml4 = build_tables(bi, top_of_memory());
	map = pages(room);
	exit_boot_services(bi, map, room);
	__asm__ volatile("cli; rdtsc; shl $32, %%rdx; or %%rdx, %%rax" : "=a"(bi->tsc_at_exit) :: "rdx");
	__asm__ volatile("mov %0, %%cr3; jmp *%1" :: "r"(pml4), "r"(entry), "D"(DIRECT_MAP + (u64)(UINTN)bi) : "memory");
	__builtin_unreachable();
}

# SPDX-License-Identifier: Apache-2.0
# Small guests of our own: 32-bit ELF files without libraries, loaded by PVH or multiboot.
guest-cflags := -m32 -std=gnu11 -O1 -Wall -Wextra -Werror -ffreestanding -fno-pic -fno-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables -mgeneral-regs-only -nostdlib -static
guest-ldflags := -Wl,-m,elf_i386 -Wl,-Ttext-segment=0x100000 -Wl,-e,start_mb -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,noseparate-code
build/guest/boot-pvh: tests/guest/boot.c
	@mkdir -p $(@D)
	$(CC) $(guest-cflags) $(guest-ldflags) $< -o $@
build/guest/boot-mb: tests/guest/boot.c
	@mkdir -p $(@D)
	$(CC) -DMULTIBOOT $(guest-cflags) $(guest-ldflags) $< -o $@
guests := build/guest/boot-pvh build/guest/boot-mb

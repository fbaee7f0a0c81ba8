# SPDX-License-Identifier: Apache-2.0
# socle.efi: the GNU-EFI loader with kernel.elf inside.
# clang keeps the stack aligned for the firmware by itself.
efi-cflags-gcc := -maccumulate-outgoing-args
efi-cflags := -std=gnu11 -O2 -g -Wall -Wextra -Werror -ffreestanding -fpic -fshort-wchar -mno-red-zone \
	-fno-stack-protector -fcf-protection=none $(efi-cflags-$(cc-kind)) -DGNU_EFI_USE_MS_ABI \
	-isystem /usr/include/efi -isystem /usr/include/efi/x86_64 -Iinclude
$(O)/boot/loader.o: boot/loader.c include/socle/boot_info.h
	@mkdir -p $(@D)
	$(CC) $(efi-cflags) -c $< -o $@
# Debug information stays outside: gdb reads kernel.elf.
%.stripped: %.elf
	objcopy --strip-all $< $@
$(O)/boot/payload.o: boot/payload.S $(O)/kernel.stripped
	@mkdir -p $(@D)
	$(CC) -DKERNEL_ELF='"$(O)/kernel.stripped"' -c $< -o $@
$(O)/boot/loader.so: $(O)/boot/loader.o $(O)/boot/payload.o
	ld -nostdlib -znocombreloc -znoexecstack -shared -Bsymbolic -T /usr/lib/elf_x86_64_efi.lds /usr/lib/crt0-efi-x86_64.o \
		$^ -o $@ -L/usr/lib -lefi -lgnuefi
$(O)/socle.efi: $(O)/boot/loader.so
	objcopy -j .text -j .sdata -j .data -j .rodata -j .dynamic -j .dynsym -j .rel -j .rela -j '.rel.*' -j '.rela.*' -j .reloc \
		--target efi-app-x86_64 --subsystem=10 $< $@
# A bootable disk; FILES=, CMDLINE= as for make run.
.PHONY: image
image: deps
	@$(MAKE) --no-print-directory $(O)/socle.efi
	@FILES='$(FILES)' CMDLINE='$(CMDLINE)' sh mk/image.sh $(O)/socle.img

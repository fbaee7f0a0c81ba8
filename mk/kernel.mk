# SPDX-License-Identifier: Apache-2.0
# kernel.elf: linked at -2 GiB, no FPU, no red zone.
# gcc or clang. The libraries are always built with gcc: they are not ours to keep clean, and built once.
cc-kind := $(if $(findstring clang,$(notdir $(firstword $(CC)))),clang,gcc)
library-cc := gcc
warnings := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wconversion -Werror
kernel-cflags := -std=gnu11 -O2 -g $(warnings) -ffreestanding -fno-pic -fno-pie -mcmodel=kernel \
	-mgeneral-regs-only -mno-red-zone -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-omit-frame-pointer -momit-leaf-frame-pointer -fcf-protection=none -Iinclude -Iinclude/uapi -Iarch/$(ARCH)/include \
	-include $(autoconf) -MMD -MP $(kernel-cflags-$(cc-kind))
kernel-objs := $(patsubst %,$(O)/%.o,$(basename $(kernel-y)))

$(O)/%.o: %.c | $(autoconf)
	@mkdir -p $(@D)
	$(CC) $(kernel-cflags) -c $< -o $@
$(O)/%.o: %.S | $(autoconf)
	@mkdir -p $(@D)
	$(CC) $(kernel-cflags) -c $< -o $@
# The app that is part of the image.
$(O)/kernel/app_image.o: kernel/app_image.S $(O)/app-vmm.stripped
	@mkdir -p $(@D)
	$(CC) -DAPP_IMAGE='"$(O)/app-vmm.stripped"' -c $< -o $@
# newlib's string functions; what else the kernel needs of it is in the same archive.
$(O)/newlib.a:
	@mkdir -p $(@D)
	cp $$(CC=$(library-cc) sh mk/newlib.sh)/lib/libc.a $@
kernel-libs += $(O)/newlib.a
# The instruction decoder.
$(O)/zydis.a:
	@mkdir -p $(@D)
	cp $$(CC=$(library-cc) sh mk/zydis.sh)/libZydis.a $@
kernel-libs += $(O)/zydis.a
# The network stack: its sources, and our port to it in lib/lwip.
$(O)/lwip.dir: mk/lwip.sh $(wildcard lib/lwip/lwipopts.h lib/lwip/arch/*.h)
	@mkdir -p $(@D)
	CC=$(library-cc) sh mk/lwip.sh >$@.new && mv $@.new $@
$(O)/lwip.a: $(O)/lwip.dir
	cp $$(cat $<)/liblwip.a $@
kernel-libs-$(CONFIG_LWIP) += $(O)/lwip.a
kernel-libs += $(kernel-libs-y)
$(O)/lib/lwip/%.o: kernel-cflags += -Ilib/lwip -isystem $$(cat $(O)/lwip.dir)/include
$(filter $(O)/lib/lwip/%,$(kernel-objs)): $(O)/lwip.dir
$(O)/kernel.elf: $(kernel-objs) $(kernel-libs) arch/$(ARCH)/kernel.lds
	ld -nostdlib -static -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments -T arch/$(ARCH)/kernel.lds -o $@ \
		--start-group $(kernel-objs) $(kernel-libs) --end-group
	@if objdump -d $@ | grep -E '%(xmm|ymm|mm|st)[0-9(]' ; then echo 'kernel.elf uses FPU registers' >&2; rm $@; exit 1; fi
-include $(kernel-objs:.o=.d)

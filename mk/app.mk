# SPDX-License-Identifier: Apache-2.0
# app.elf: the program that the kernel runs, static, at 4 MiB, with newlib. APP=prog.c chooses it.
APP ?= tests/apps/guests.c
# KVM's structures with arrays at their ends are members of others: Linux programs do that.
app-cflags-clang := -Wno-gnu-variable-sized-type-not-at-end
app-cflags := -std=gnu11 -O2 -g -Wall -Wextra -ffreestanding -fno-builtin -fno-pic -fno-pie -mno-red-zone \
	-mgeneral-regs-only -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -Wno-missing-field-initializers -nostdinc -MMD \
	$(app-cflags-$(cc-kind))
app-objs := $(patsubst %,$(O)/app/%.o,$(basename $(libc-y)))
$(O)/newlib.dir:
	@mkdir -p $(@D)
	CC=$(library-cc) sh mk/newlib.sh >$@
app-include = -isystem $(shell $(CC) -print-file-name=include) -isystem lib/newlib/include \
	-isystem $$(cat $(O)/newlib.dir)/include -Iinclude/uapi
$(O)/app/%.o: %.c $(O)/newlib.dir
	@mkdir -p $(@D)
	$(CC) $(app-cflags) $(app-include) -c $< -o $@
$(O)/app/%.o: %.S
	@mkdir -p $(@D)
	$(CC) -c $< -o $@
# One target for each program, so that APP=other.c relinks: APP and all of tests/apps.
app-programs := $(APP) $(filter-out %/$(notdir $(APP)),$(wildcard tests/apps/*.c))
define app-elf
$(O)/app-$(basename $(notdir $(1))).elf: $(O)/app/$(basename $(1)).o $(app-objs) $(O)/newlib.a
	ld -nostdlib -static -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments -Ttext-segment=0x400000 -o $$@ \
		$(O)/app/$(basename $(1)).o --start-group $(app-objs) $(O)/newlib.a --end-group
endef
$(foreach a,$(app-programs),$(eval $(call app-elf,$(a))))
-include $(app-objs:.o=.d) $(patsubst %.c,$(O)/app/%.d,$(app-programs))

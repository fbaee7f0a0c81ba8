# SPDX-License-Identifier: Apache-2.0
# Apps: programs that the kernel runs, static, at 4 MiB, with newlib. APP=prog.c chooses one.
#   app-NAME.elf of a one-file program: compiled as on Linux, floating point allowed
#   app-vmm.elf: the VMM; it and the libc port use general registers only
APP ?= tests/apps/guests.c
# KVM's structures with arrays at their ends are members of others: Linux programs do that.
app-cflags-clang := -Wno-gnu-variable-sized-type-not-at-end
# Interrupts use the app's stack: no red zone. -MD: our own headers are system headers here.
app-codegen := -fno-pic -fno-pie -mno-red-zone -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
	-nostdinc -MD -MP $(app-cflags-$(cc-kind))
app-cflags := -std=gnu17 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wno-unused-parameter $(app-codegen)
strict-cflags := -std=gnu11 -O2 -g $(warnings) -mgeneral-regs-only -D_GNU_SOURCE $(app-codegen)
app-include = -isystem lib/newlib/include -isystem lib/newlib/abi -isystem $(shell $(CC) -print-file-name=include) \
	-isystem $$(cat $(O)/newlib.dir)/include -isystem include/uapi
app-objs := $(patsubst %,$(O)/app/%.o,$(basename $(libc-y)))
app-libs = $$(cat $(O)/newlib.dir)/lib/libc.a $$(cat $(O)/newlib.dir)/lib/libm.a $(shell $(library-cc) -print-libgcc-file-name)
$(O)/newlib.dir: mk/newlib.sh $(shell find lib/newlib/abi -name '*.h')
	@mkdir -p $(@D)
	CC=$(library-cc) sh mk/newlib.sh app >$@.new && mv $@.new $@
$(O)/app/lib/%.o: lib/%.c $(O)/newlib.dir
	@mkdir -p $(@D)
	$(CC) $(strict-cflags) $(app-include) -c $< -o $@
$(O)/app/lib/%.o: lib/%.S
	@mkdir -p $(@D)
	$(CC) -c $< -o $@
$(O)/app/vmm/%.o: vmm/%.c $(O)/newlib.dir $(O)/cjson.dir
	@mkdir -p $(@D)
	$(CC) $(strict-cflags) -U_GNU_SOURCE $(app-include) $(cjson-include) -c $< -o $@
$(O)/app/%.o: %.c $(O)/newlib.dir
	@mkdir -p $(@D)
	$(CC) $(app-cflags) $(app-include) -c $< -o $@
# $(1): objects of the program. Library code with a red zone would lose what it keeps there.
define app-link
	ld -nostdlib -static --gc-sections -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments \
		-Ttext-segment=0x400000 -o $@ $(1) --start-group $(app-objs) $(app-libs) --end-group
	@if objdump -d $@ | grep -qE -e '-0x[0-9a-f]+\(%rsp' ; then \
		echo '$@: something in it uses the red zone' >&2; rm $@; exit 1; fi
endef
# $(1): objects that must not touch what belongs to the guest in the processor
define no-float
	@if objdump -d $(1) | grep -E '%(xmm|ymm|mm|st)[0-9(]' ; then \
		echo '$@: floating-point registers are used' >&2; rm -f $@; exit 1; fi
endef
# One target for each program, so that APP=other.c relinks: APP and the tests' programs.
app-programs := $(APP) $(filter-out %/$(notdir $(APP)),$(wildcard tests/apps/*.c tests/posix/*.c))
define app-elf
$(O)/app-$(basename $(notdir $(1))).elf: $(O)/app/$(basename $(1)).o $(app-objs)
	$$(call app-link,$(O)/app/$(basename $(1)).o)
endef
$(foreach a,$(app-programs),$(eval $(call app-elf,$(a))))
app-vmm-objs := $(patsubst %,$(O)/app/%.o,$(basename $(vmm-y)))
$(O)/app-vmm.elf: $(app-vmm-objs) $(app-objs)
	$(call app-link,$(app-vmm-objs))
	$(call no-float,$(app-vmm-objs) $(app-objs))
-include $(app-objs:.o=.d) $(app-vmm-objs:.o=.d) $(patsubst %.c,$(O)/app/%.d,$(app-programs))

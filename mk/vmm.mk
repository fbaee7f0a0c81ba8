# SPDX-License-Identifier: Apache-2.0
# The VMM: one program for Socle (an app) and for Linux (build/linux/vmm, static). General registers only on both.
$(O)/cjson.dir:
	@mkdir -p $(@D)
	sh mk/cjson.sh >$@.new && mv $@.new $@
cjson-include = -isystem $$(cat $(O)/cjson.dir)
vmm-objs = $(patsubst %,build/linux/%.o,$(basename $(vmm-y)))
vmm-cflags := -std=gnu11 -O2 -g $(warnings) -mgeneral-regs-only -pthread -MMD
build/linux/vmm/%.o: vmm/%.c $(O)/cjson.dir
	@mkdir -p $(@D)
	$(CC) $(vmm-cflags) $(cjson-include) -c $< -o $@
build/linux/socle-vmm: $(vmm-objs)
	$(CC) -static -pthread $^ -o $@
-include $(vmm-objs:.o=.d)
.PHONY: vmm-linux
vmm-linux: build/linux/socle-vmm

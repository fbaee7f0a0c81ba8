# SPDX-License-Identifier: Apache-2.0
# Programs for Linux and Socle: build/linux/posix/NAME, and app-posix.elf with all of them in one process.
posix-names := library descriptors memory threads sync signals floats
posix-linux := $(addprefix build/linux/posix/,$(posix-names) ends)
build/linux/posix/%: tests/posix/%.c tests/posix/t.h
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -O2 -g -Wall -Wextra -pthread $< -o $@ -lm
posix-objs := $(addprefix $(O)/app/posix/,$(addsuffix .o,$(posix-names))) $(O)/app/tests/posix/all/all.o
$(O)/app/posix/%.o: tests/posix/%.c $(O)/newlib.dir
	@mkdir -p $(@D)
	$(CC) $(app-cflags) $(app-include) -Dmain=$*_main -c $< -o $@
$(O)/app-posix.elf: $(posix-objs) $(app-objs)
	$(call app-link,$(posix-objs))
-include $(posix-objs:.o=.d)

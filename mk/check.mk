# SPDX-License-Identifier: Apache-2.0
# Tests. A part is a folder tests/run/PART: scripts *.sh in the order of their names (tests/lib.sh counts)
# and *.mk files that add what must be built first to check-PART-needs.
include $(wildcard tests/run/*/*.mk)
# Parts of `make check`, in this order; a part without scripts is not there yet.
check-parts := $(foreach p,unit clang x86 kvm-api vmm-linux,$(if $(wildcard tests/run/$(p)/*.sh),$(p)))
check: deps
	$(MAKE) $(sort $(foreach p,$(check-parts),$(check-$(p)-needs)))
	sh tests/check.sh $(check-parts)
check-%: deps
	$(MAKE) $(check-$*-needs)
	sh tests/check.sh $*
# What tests/run/clang builds, with CC, O and U of its own.
clang-all: all $(U)/built $(foreach a,$(app-programs),$(O)/app-$(basename $(notdir $(a))).elf)
headers: $(autoconf) $(O)/newlib.dir $(O)/cjson.dir
	KERNEL_CC='$(CC) $(filter-out -MMD -MP,$(kernel-cflags))' APP_CC="$(CC) $(filter-out -MD -MP,$(app-cflags)) $(app-include)" \
		HOST_CC="$(CC) -std=gnu11 -Wall -Wextra -Werror -Iarch/fake/include -Iarch/fake/kvm/include -Iarch/fake/ports/include -Iinclude/uapi -Iinclude $(cjson-include) -include $(autoconf)" sh tests/layering/headers.sh

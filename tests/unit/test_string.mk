# SPDX-License-Identifier: Apache-2.0
# x86 machines only: the assembly runs natively.
ifeq ($(shell uname -m),x86_64)
unit-tests += test_string
test_string-src := tests/unit/fake/kernel.c
test_string-libs := $(U)/obj/test_string/string.o
$(U)/test_string: $(U)/obj/test_string/string.o
$(U)/obj/test_string/string.o: arch/x86/string.S
	@mkdir -p $(@D)
	$(CC) -Dmemcpy=k_memcpy -Dmemmove=k_memmove -Dmemset=k_memset -Dmemcmp=k_memcmp -c $< -o $@
endif

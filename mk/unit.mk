# SPDX-License-Identifier: Apache-2.0
# Host unit tests: tests/unit/test_X.mk names the sources, cmocka runs them under sanitizers.
include $(wildcard tests/unit/*.mk)
unit-cflags := -std=gnu11 -O1 -g -Wall -Wextra -fsanitize=address,undefined -fno-sanitize-recover=all \
	-Iarch/fake/include -Iinclude -Iinclude/uapi
define unit-rule
build/unit/$(1): tests/unit/$(1).c $$($(1)-src)
	@mkdir -p build/unit
	$(CC) $(unit-cflags) $$($(1)-cflags) $$^ -o $$@ -lcmocka $$($(1)-libs)
endef
$(foreach t,$(unit-tests),$(eval $(call unit-rule,$(t))))
build/unit/built: $(addprefix build/unit/,$(unit-tests)) $(wildcard tests/unit/*.mk) mk/unit.mk
	@mkdir -p build/unit
	@printf '%s\n' $(unit-tests) >$@

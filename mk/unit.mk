# SPDX-License-Identifier: Apache-2.0
# Host unit tests: tests/unit/test_X.mk names the sources, cmocka runs them under sanitizers.
include $(wildcard tests/unit/*.mk)
unit-cflags := -std=gnu11 -O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all \
	-Iarch/fake/include -Iinclude -Iinclude/uapi -include $(autoconf)
define unit-rule
$(U)/$(1): $(addprefix $(U)/obj/$(1)/,$(patsubst %.c,%.o,tests/unit/$(1).c $($(1)-src)))
	$(CC) $(unit-cflags) $$^ -o $$@ -lcmocka $$($(1)-libs)
$(U)/obj/$(1)/%.o: %.c | $(autoconf)
	@mkdir -p $$(@D)
	$(CC) $(unit-cflags) $$($(1)-cflags) -MMD -MP -c $$< -o $$@
-include $(addprefix $(U)/obj/$(1)/,$(patsubst %.c,%.d,tests/unit/$(1).c $($(1)-src)))
endef
$(foreach t,$(unit-tests),$(eval $(call unit-rule,$(t))))
$(U)/built: $(addprefix $(U)/,$(unit-tests)) $(wildcard tests/unit/*.mk) mk/unit.mk
	@mkdir -p $(U)
	@printf '%s\n' $(unit-tests) >$@

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
# A planted bug: the program built from FILE changed by sed script SCRIPT (both in the environment), at OUT.
sim-objs = $(addprefix $(U)/obj/test_sim/,$(patsubst %.c,%.o,tests/unit/test_sim.c $(test_sim-src)))
mutant: $(sim-objs)
	@mkdir -p $(dir $(OUT))
	sed "$$SCRIPT" $(FILE) >$(OUT).c
	! cmp -s $(FILE) $(OUT).c
	$(CC) $(unit-cflags) $(test_sim-cflags) -Wno-error -iquote $(dir $(FILE)) -c $(OUT).c -o $(OUT).o
	$(CC) $(unit-cflags) $(filter-out $(U)/obj/test_sim/$(FILE:.c=.o),$(sim-objs)) $(OUT).o -o $(OUT) -lcmocka

# SPDX-License-Identifier: Apache-2.0
unit-tests += test_config
test_config-src := vmm/config.c vmm/config_fields.c vmm/json.c vmm/json_lib.c vmm/load/file.c
test_config-cflags = $(cjson-include)
$(addprefix $(U)/obj/test_config/,$(patsubst %.c,%.o,tests/unit/test_config.c $(test_config-src))): | $(O)/cjson.dir

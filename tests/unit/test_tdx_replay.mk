# SPDX-License-Identifier: Apache-2.0
unit-tests += test_tdx_replay
test_tdx_replay-src := tests/unit/fake/cjson.c $(wildcard arch/x86/tdx/softmodule/*.c)
test_tdx_replay-cflags = -Iarch/x86/tdx/softmodule $(cjson-include)
$(addprefix $(U)/obj/test_tdx_replay/,$(patsubst %.c,%.o,tests/unit/test_tdx_replay.c $(test_tdx_replay-src))): | $(O)/cjson.dir

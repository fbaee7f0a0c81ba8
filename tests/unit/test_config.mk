# SPDX-License-Identifier: Apache-2.0
unit-tests += test_config
test_config-src := vmm/config.c vmm/load.c
test_config-libs := -lcjson

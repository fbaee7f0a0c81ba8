# SPDX-License-Identifier: Apache-2.0
unit-tests += test_clock
test_clock-src := kernel/time/clock.c arch/x86/clock_source.c tests/unit/fake/kernel.c
test_clock-cflags := -Wno-missing-field-initializers

# SPDX-License-Identifier: Apache-2.0
unit-tests += test_acpi test_cmdline
test_acpi-src := drivers/bus/acpi.c tests/unit/fake/kernel.c
test_acpi-cflags := -Iarch/fake/ports/include
test_cmdline-src := kernel/cmdline.c tests/unit/fake/kernel.c

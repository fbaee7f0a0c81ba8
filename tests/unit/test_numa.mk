# SPDX-License-Identifier: Apache-2.0
unit-tests += test_numa
test_numa-src := drivers/bus/acpi.c drivers/bus/numa.c kernel/mem/phys.c tests/unit/fake/kernel.c
test_numa-cflags := -Iarch/fake/ports/include

# SPDX-License-Identifier: Apache-2.0
unit-tests += test_phys
test_phys-src := kernel/mem/phys.c kernel/mem/slab.c tests/unit/fake/kernel.c

# SPDX-License-Identifier: Apache-2.0
unit-tests += test_pci
test_pci-src := drivers/bus/pci.c drivers/bus/msi.c kernel/facts/facts.c kernel/format.c kernel/mem/phys.c kernel/mem/slab.c tests/unit/fake/kernel.c

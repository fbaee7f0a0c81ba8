# SPDX-License-Identifier: Apache-2.0
unit-tests += test_mm
test_mm-src := $(addprefix kernel/posix/,region.c frames.c fault.c) kernel/mem/phys.c kernel/mem/slab.c \
	tests/unit/fake/kernel.c tests/unit/fake/single.c

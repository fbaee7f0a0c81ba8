# SPDX-License-Identifier: Apache-2.0
unit-tests += test_loaders
test_loaders-src := vmm/load/file.c vmm/load/load.c vmm/load/bzimage.c vmm/load/elf.c vmm/load/multiboot.c vmm/layout.c

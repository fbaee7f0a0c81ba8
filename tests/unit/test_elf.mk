# SPDX-License-Identifier: Apache-2.0
unit-tests += test_elf
test_elf-src := kernel/posix/elf.c tests/unit/fake/kernel.c

# SPDX-License-Identifier: Apache-2.0
unit-tests += test_files
test_files-src := $(addprefix kernel/posix/,fd.c fd_current.c file.c poll_head.c eventfd.c epoll.c poll.c) \
	kernel/mem/phys.c kernel/mem/slab.c tests/unit/fake/kernel.c tests/unit/fake/single.c

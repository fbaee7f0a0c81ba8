# SPDX-License-Identifier: Apache-2.0
unit-tests += test_random
test_random-src := kernel/posix/random.c tests/unit/fake/kernel.c tests/unit/fake/single.c

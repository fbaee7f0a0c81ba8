# SPDX-License-Identifier: Apache-2.0
unit-tests += test_ldisc
test_ldisc-src := kernel/posix/ldisc.c

# SPDX-License-Identifier: Apache-2.0
unit-tests += test_signal
test_signal-src := kernel/posix/signal.c tests/unit/fake/kernel.c

# SPDX-License-Identifier: Apache-2.0
unit-tests += test_fb
test_fb-src := kernel/fb.c tests/unit/fake/kernel.c

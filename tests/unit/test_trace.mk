# SPDX-License-Identifier: Apache-2.0
unit-tests += test_trace
test_trace-src := kernel/trace/ring.c kernel/format.c
test_trace-libs := -lpthread

# SPDX-License-Identifier: Apache-2.0
unit-tests += test_facts
test_facts-src := kernel/facts/facts.c kernel/format.c tests/unit/fake/kernel.c

# SPDX-License-Identifier: Apache-2.0
# Socle: `make check` tests, `make deps` installs what the build needs.
ARCH ?= x86
O := build/$(ARCH)
all: $(O)/socle.efi

include mk/modules.mk
include mk/kernel.mk
include mk/app.mk
include mk/efi.mk
include mk/unit.mk
-include $(wildcard tests/*/tests.mk)

.PHONY: all deps check clean
deps:
	sh mk/deps.sh

check: deps
	$(MAKE) all build/unit/built
	for a in guests hello calls; do $(MAKE) APP=tests/apps/$$a.c $(O)/app-$$a.elf || exit 1; done
	sh tests/check.sh

clean:
	rm -rf build

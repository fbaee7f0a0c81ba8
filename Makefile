# SPDX-License-Identifier: Apache-2.0
# Socle: `make check` tests (`make check-unit`, `make check-x86` ...: parts), `make deps` installs what the build needs.
ARCH ?= x86
O := build/$(ARCH)
U := build/unit
all: $(O)/socle.efi

include mk/config.mk
include mk/modules.mk
include mk/kernel.mk
include mk/app.mk
include mk/vmm.mk
include mk/guest.mk
include mk/efi.mk
include mk/unit.mk
include mk/run.mk
include mk/bench.mk
include mk/check.mk
-include $(wildcard tests/*/tests.mk)

.PHONY: all deps check clean format defconfig menuconfig savedefconfig clang-all headers mutant
deps:
	sh mk/deps.sh

# Only what differs from the last commit: hand-made tables elsewhere stay as they are.
format:
	git diff -U0 --no-color --relative HEAD -- '*.[ch]' | clang-format-diff -p1 -i

clean:
	rm -rf build

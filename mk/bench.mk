# SPDX-License-Identifier: Apache-2.0
# make bench: what exits, boot and memory cost, counted in instructions; build/bench.json
.PHONY: bench
bench: deps
	@$(MAKE) --no-print-directory $(O)/socle.efi $(O)/app-exits.elf APP=tests/bench/exits.c
	@sh tests/bench/bench.sh

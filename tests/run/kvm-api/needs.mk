# SPDX-License-Identifier: Apache-2.0
# The same programs for Socle and, static, for Linux. One that does not build for Socle fails its own test only.
kvm-api-src := $(wildcard tests/kvm-api/*.c) tests/apps/guests.c tests/apps/irqchip.c
kvm-api-linux := $(addprefix build/linux/,$(basename $(notdir $(kvm-api-src))))
build/linux/%: tests/kvm-api/%.c $(wildcard tests/kvm-api/*.h)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g -Wall -static -pthread $< -o $@
build/linux/%: tests/apps/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g -Wall -static -pthread $< -o $@
.PHONY: kvm-api
kvm-api: $(kvm-api-linux) $(O)/socle.efi
	@for f in $(kvm-api-src); do $(MAKE) --no-print-directory APP=$$f $(O)/app-$$(basename $$f .c).elf || \
		{ rm -f $(O)/app-$$(basename $$f .c).elf; echo "kvm-api: $$f does not build for Socle"; }; done
check-kvm-api-needs += kvm-api

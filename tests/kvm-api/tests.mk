# SPDX-License-Identifier: Apache-2.0
# The same programs for Socle and, static, for Linux; one file says ok where both print the same.
kvm-api-src := $(wildcard tests/kvm-api/*.c) tests/apps/guests.c
kvm-api-linux := $(addprefix build/linux/,$(basename $(notdir $(kvm-api-src))))
vpath %.c tests/kvm-api tests/apps
build/linux/%: %.c $(wildcard tests/kvm-api/*.h)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g -Wall -static -pthread $< -o $@

.PHONY: kvm-api check-kvm-api
kvm-api: $(kvm-api-linux)
	@for f in $(kvm-api-src); do $(MAKE) --no-print-directory APP=$$f $(O)/app-$$(basename $$f .c).elf || \
		{ rm -f $(O)/app-$$(basename $$f .c).elf; echo "kvm-api: $$f does not build for Socle"; }; done
check-kvm-api: deps
	$(MAKE) all kvm-api
	sh tests/kvm-api/compare.sh $(kvm-api-linux)

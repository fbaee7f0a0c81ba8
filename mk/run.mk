# SPDX-License-Identifier: Apache-2.0
# make run APP=prog.c ARGS='a b' FILES='x y': any one-file C program in the image, instead of the VMM.
# SMP=, MEM= (MiB), QEMU_ARGS=, CMDLINE= shape the machine.
.PHONY: run-app
run-app: $(O)/socle.efi $(O)/app-$(basename $(notdir $(APP))).elf
	@ARGS='$(ARGS)' FILES='$(FILES)' SMP='$(SMP)' MEM='$(MEM)' QEMU_ARGS='$(QEMU_ARGS)' CMDLINE='$(CMDLINE)' \
		sh mk/run.sh $(O)/app-$(basename $(notdir $(APP))).elf
# Named on the command line or in the environment: that program.
ifneq ($(filter command environment,$(firstword $(origin APP))),)
.PHONY: run
run: run-app
endif

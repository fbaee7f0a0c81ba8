# SPDX-License-Identifier: Apache-2.0
# make run                                       the VMM with a Linux guest, to its shell on this terminal
# make run APP=prog.c ARGS='a b' FILES='x y'     any one-file C program instead of the VMM
# SMP=, MEM= (MiB), QEMU_ARGS=, CMDLINE= shape the machine.
run-env = ARGS='$(ARGS)' FILES='$(FILES)' SMP='$(SMP)' MEM='$(MEM)' QEMU_ARGS='$(QEMU_ARGS)' CMDLINE='$(CMDLINE)'
.PHONY: run run-vmm run-app
# Named on the command line or in the environment: that program.
run: deps
	@$(MAKE) --no-print-directory $(if $(filter command environment,$(firstword $(origin APP))),run-app,run-vmm)
run-vmm: $(O)/socle.efi $(O)/app-vmm.elf
	@$(run-env) sh mk/run.sh --linux $(O)/app-vmm.elf
run-app: $(O)/socle.efi $(O)/app-$(basename $(notdir $(APP))).elf
	@$(run-env) sh mk/run.sh $(O)/app-$(basename $(notdir $(APP))).elf

# SPDX-License-Identifier: Apache-2.0
# What the scripts here boot; every tests/apps/X.c has a target $(O)/app-X.elf.
check-x86-needs += $(O)/socle.efi
check-x86-needs += $(O)/app-guests.elf
check-x86-needs += $(O)/app-emul.elf
check-x86-needs += $(O)/app-hello.elf
check-x86-needs += $(O)/app-calls.elf
check-x86-needs += $(O)/app-waits.elf
check-x86-needs += $(O)/app-irqchip.elf
check-x86-needs += $(O)/app-cpu.elf
check-x86-needs += $(O)/app-ramfiles.elf
check-x86-needs += $(O)/app-vmloop.elf
check-x86-needs += $(O)/app-fails.elf
check-x86-needs += $(O)/app-stress.elf
check-x86-needs += $(O)/app-facts.elf
check-x86-needs += $(O)/app-posix.elf $(O)/app-ends.elf $(posix-linux)
check-x86-needs += $(O)/app-vmm.elf $(O)/app-echo.elf
check-x86-needs += $(O)/app-clock2.elf
check-x86-needs += build/guest/boot-pvh build/guest/boot-mb

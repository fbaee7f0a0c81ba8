# SPDX-License-Identifier: Apache-2.0
check-unit-needs += build/unit/built
check-unit-needs += $(O)/kernel.elf
check-unit-needs += $(posix-linux)

# SPDX-License-Identifier: Apache-2.0
# Configuration: $(O)/.config, from config/$(ARCH)_defconfig when there is none yet.
unexport CONFIG_
autoconf := $(O)/include/generated/autoconf.h
defconfig:
	sh mk/config.sh defconfig $(O) config/$(ARCH)_defconfig
menuconfig: $(O)/.config
	sh mk/config.sh menuconfig $(O)
savedefconfig: $(O)/.config
	sh mk/config.sh savedefconfig $(O) config/$(ARCH)_defconfig
$(O)/.config:
	sh mk/config.sh defconfig $(O) config/$(ARCH)_defconfig
$(autoconf) $(O)/include/config/auto.conf &: $(O)/.config config/Kconfig mk/config.sh
	sh mk/config.sh header $(O)
# Goals that must work before kconfig is installed, or write the configuration, read none.
ifneq ($(filter-out deps check check-% run clean format defconfig menuconfig savedefconfig,$(or $(MAKECMDGOALS),all)),)
include $(O)/include/config/auto.conf
endif

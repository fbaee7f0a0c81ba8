# SPDX-License-Identifier: Apache-2.0
.PHONY: check-vmm-linux
check-vmm-linux: deps vmm-linux
	sh tests/run/vmm-linux.sh

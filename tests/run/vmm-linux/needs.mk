# SPDX-License-Identifier: Apache-2.0
check-vmm-linux-needs += vmm-linux

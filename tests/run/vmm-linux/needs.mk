# SPDX-License-Identifier: Apache-2.0
check-vmm-linux-needs += vmm-linux build/guest/boot-pvh build/guest/boot-mb

# SPDX-License-Identifier: Apache-2.0
kernel-y += drivers/bus/acpi.c drivers/bus/numa.c drivers/bus/pci.c drivers/bus/msi.c

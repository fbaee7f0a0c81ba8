# SPDX-License-Identifier: Apache-2.0
vmm-y += vmm/main.c vmm/vm.c vmm/vcpu.c vmm/cpuid.c vmm/layout.c vmm/bus.c
vmm-y += vmm/config.c vmm/config_fields.c vmm/json.c vmm/json_lib.c
vmm-y += vmm/console.c vmm/sink.c vmm/shell.c
vmm-y += vmm/acpi.c vmm/aml.c vmm/dsdt.c
vmm-y += vmm/uart.c vmm/rtc.c vmm/testdev.c
vmm-y += vmm/pci.c vmm/msix.c
vmm-y += vmm/load/file.c vmm/load/load.c vmm/load/bzimage.c vmm/load/elf.c vmm/load/multiboot.c
vmm-y += vmm/virtio/queue.c vmm/virtio/pci.c vmm/virtio/create.c
vmm-y += vmm/virtio/console.c vmm/virtio/blk.c vmm/virtio/rng.c

# SPDX-License-Identifier: Apache-2.0
kernel-y += $(addprefix kernel/posix/,file.c fd.c poll_head.c copy.c fault.c frames.c region.c)
kernel-y += $(addprefix kernel/posix/,elf.c ramfs.c dev.c proc.c syscall.c)

# SPDX-License-Identifier: Apache-2.0
kernel-y += $(addprefix kernel/posix/,file.c fd.c poll_head.c)

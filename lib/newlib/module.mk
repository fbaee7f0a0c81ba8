# SPDX-License-Identifier: Apache-2.0
libc-y += lib/newlib/crt0.S lib/newlib/start.c lib/newlib/files.c lib/newlib/errno.c lib/newlib/reent.c

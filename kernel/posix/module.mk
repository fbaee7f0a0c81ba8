# SPDX-License-Identifier: Apache-2.0
kernel-y += $(addprefix kernel/posix/,file.c fd.c fd_current.c poll_head.c copy.c fault.c frames.c region.c)
kernel-y += $(addprefix kernel/posix/,elf.c inode.c ramfs.c path.c random.c dev.c ldisc.c tty.c app_start.c app_fact.c uthread.c futex.c signal.c alarm.c)
kernel-y += $(addprefix kernel/posix/,syscall.c sys_file.c sys_mem.c sys_thread.c sys_time.c sys_signal.c)
kernel-y += $(addprefix kernel/posix/,eventfd.c timerfd.c poll.c epoll.c pipe.c)

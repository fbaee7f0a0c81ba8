# SPDX-License-Identifier: Apache-2.0
"""terminal.py: `make run` on a terminal of its own: the guest ends, the host stays and answers, quit ends it.

Prints one line "ok WHAT" or "FAIL WHAT" for each step; the steps after a failed one are not tried.
"""
import os
import pty
import select
import sys
import time

STEPS = [  # what is typed, what must come, what it shows
    (b"", b"/ # ", "the guest's shell comes"),
    (b"echo sum $((40 + 2))\n", b"sum 42", "typed commands work"),
    (b"poweroff -f\n", b"vmm: linux: powered off", "poweroff ends the VM"),
    (b"\x1ds", b"", "Ctrl-] s"),
    (b"vm list\n", b"stopped", "the host stays: its shell lists the VM as stopped"),
    (b"mem\n", b"free_pages ", "mem answers"),
    (b"log\n", b"socle: kernel at", "log answers"),
    (b"quit\n", b"app: exit status 0", "quit ends the host"),
]


def wait_for(fd, want, seen, limit):
    end = time.time() + limit
    while want not in seen:
        ready, _, _ = select.select([fd], [], [], 1)
        if ready:
            try:
                data = os.read(fd, 65536)
            except OSError:
                data = b""
            if not data:
                return seen, want in seen
            sys.stderr.write(data.decode("latin1"))
            seen += data
        elif time.time() > end:
            return seen, False
    return seen, True


def main():
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp("sh", ["sh", "mk/run.sh", "--linux", "build/x86/app-vmm.elf"])
    for typed, want, what in STEPS:
        if typed:
            os.write(fd, typed)
        _, ok = wait_for(fd, want, b"", 400)
        if want or not ok:
            print("ok  " if ok else "FAIL", what, flush=True)
        if not ok:
            break
    try:
        while os.read(fd, 65536):
            pass
    except OSError:
        pass
    _, status = os.waitpid(pid, 0)
    print("ok  " if os.waitstatus_to_exitcode(status) == 0 else "FAIL", "exit status 0")


main()

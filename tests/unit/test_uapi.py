#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds our <linux/kvm.h> against the distribution's: constants, ioctl numbers,
structure sizes and member offsets.

One list of names is taken from our header; two host programs print each value,
one per include path; the outputs must agree. What the distribution's header
does not know yet is listed and not a failure.
"""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UAPI = os.path.join(ROOT, "include", "uapi")
CC = os.environ.get("HOSTCC", "cc")
FILES = ["linux/kvm.h", "linux/kvm_run.h", "linux/kvm_cap.h", "linux/kvm_ioctl.h",
         "asm/kvm.h", "asm/kvm_x86_state.h", "asm/kvm_x86_chips.h"]


def names():
    macros, members = [], []
    for name in FILES:
        text = open(os.path.join(UAPI, name), encoding="utf-8").read()
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        for m in re.finditer(r"^#define[ \t]+([A-Z]\w*)[ \t]+\S", text, re.M):
            macros.append(m.group(1))
        for m in re.finditer(r"^struct (\w+) \{\n(.*?)^\};", text, re.S | re.M):
            members.append((m.group(1), list(struct_members(m.group(2)))))
    return macros, members


def struct_members(body, prefix=""):
    """Paths of all members that can be named with offsetof and are no bit fields."""
    pos = 0
    pat = re.compile(r"\s*(?:(?:struct|union)\s*\{|([^;{}]+);)")
    while pos < len(body):
        m = pat.match(body, pos)
        if not m:
            return
        if m.group(1) is not None:
            decl = m.group(1)
            pos = m.end()
            if re.search(r":\s*\d", decl):
                continue
            decl = re.sub(r"^\s*(struct\s+\w+|unsigned\s+\w+|void|\w+)\s", "", decl)
            for part in decl.split(","):
                yield prefix + re.sub(r"\[.*", "", part).strip(" *\t\n")
            continue
        depth, end = 1, m.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(body[end], 0)
            end += 1
        inner = body[m.end():end - 1]
        tail = re.match(r"\s*(\w*)[^;]*;", body[end:])
        name = tail.group(1)
        if name:
            yield prefix + name
        array = "[" in tail.group(0)
        yield from struct_members(inner, prefix + (name + ("[0]" if array else "") + "." if name else ""))
        pos = end + tail.end()


def program(exprs):
    out = ["#include <stddef.h>", "#include <stdio.h>", "#include <linux/kvm.h>", "int main(void)", "{"]
    out += ['printf("%%s %%llx\\n", "%s", (unsigned long long)(%s));' % (k, v) for k, v in exprs]
    return "\n".join(out + ["return 0;", "}"])


def values(exprs, flags, tmp):
    """Values by name; what does not compile is dropped, one compiler run at a time."""
    src, exe = os.path.join(tmp, "p.c"), os.path.join(tmp, "p")
    absent = []
    for _ in range(20):
        open(src, "w", encoding="utf-8").write(program(exprs))
        r = subprocess.run([CC, "-w", "-std=gnu11", "-fmax-errors=0", *flags, src, "-o", exe],
                           capture_output=True, text=True)
        if r.returncode == 0:
            break
        bad = {int(n) - 6 for n in re.findall(r"p\.c:(\d+):\d+: error", r.stderr)}
        if not bad or min(bad) < 0:
            sys.exit("compiler: " + r.stderr[:2000])
        absent += [exprs[i][0] for i in sorted(bad) if i < len(exprs)]
        exprs = [e for i, e in enumerate(exprs) if i not in bad]
    else:
        sys.exit("does not converge")
    out = subprocess.run([exe], capture_output=True, text=True, check=True).stdout
    return dict(line.rsplit(" ", 1) for line in out.splitlines()), absent


def main():
    macros, structs = names()
    exprs = [(n, n) for n in macros]
    for name, members in structs:
        exprs.append(("sizeof " + name, "sizeof(struct %s)" % name))
        exprs += [("%s.%s" % (name, m), "offsetof(struct %s, %s)" % (name, m)) for m in members]
    with tempfile.TemporaryDirectory() as tmp:
        ours, broken = values(exprs, ["-I" + UAPI], tmp)
        theirs, absent = values(exprs, [], tmp)
    bad = ["%s: ours 0x%s, theirs 0x%s" % (k, v, theirs[k])
           for k, v in ours.items() if k in theirs and theirs[k] != v]
    bad += ["%s: does not compile with our own header" % b for b in broken]
    print("test_uapi: %d compared, %d absent in the distribution's header" % (len(theirs), len(absent)))
    for a in absent:
        print("  absent: " + a)
    for b in bad:
        print("  DIFFERENT: " + b)
    if len(theirs) < 600:
        sys.exit("test_uapi: fewer names than there must be")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()

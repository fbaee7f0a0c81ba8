#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The lines of the architecture, checked from what files include and what objects import.

  vmm/      includes only include/uapi, its own headers, libc and libraries
  kernel/   never includes or imports anything of vmm/
  neutral   (kernel/, drivers/) imports from arch/ only what the contracts in include/socle declare,
            arch_* only from arch.h and kvm.h; reads <asm/...> only through the contracts
  kernel    takes nothing of libc that allocates or does I/O

Usage: layering.py BUILD_FOLDER (with kernel.elf and its objects). Prints each breach; exit status 1 if any.
"""
import os
import re
import subprocess
import sys

ROOT = os.environ.get("LAYERING_ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OURS = ("kernel", "arch", "drivers", "lib", "vmm", "boot", "include")
# <asm/...> that neutral sources may name themselves: file and header, with the reason.
ASM_ALLOWED = {
    ("drivers/bus/acpi.c", "asm/io.h"),     # the FADT names I/O ports
}
# What must never be linked into the kernel from libc.
LIBC_BANNED = re.compile(r"^_?(malloc|calloc|realloc|free|printf|fprintf|vfprintf|sprintf|snprintf|puts|fwrite|write|"
                         r"open|read|sbrk|exit|abort|signal|raise)(_r)?$")
breaches = []


def breach(where, what):
    breaches.append(f"{where}: {what}")


def sources(top):
    for folder, _, files in os.walk(os.path.join(ROOT, top)):
        for name in files:
            if name.endswith((".c", ".h", ".S")):
                yield os.path.relpath(os.path.join(folder, name), ROOT)


def includes(path):
    text = open(os.path.join(ROOT, path), encoding="utf-8").read()
    return re.findall(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', text, re.M)


def resolve(path, kind, name):
    """Path below ROOT of a quoted include, else None."""
    if kind != '"':
        return None
    full = os.path.normpath(os.path.join(os.path.dirname(path), name))
    return full if os.path.exists(os.path.join(ROOT, full)) else None


def check_vmm():
    for path in sources("vmm"):
        for kind, name in includes(path):
            if kind == '"':
                if not (resolve(path, kind, name) or "").startswith("vmm/"):
                    breach(path, f'includes "{name}" from outside vmm/')
            elif name.split("/")[0] in ("socle", "asm", "linux", "uapi"):
                if not os.path.exists(os.path.join(ROOT, "include/uapi", name)) and name.startswith("socle/"):
                    breach(path, f"includes <{name}>, which is not in include/uapi")


def check_kernel_includes():
    for top in ("kernel", "drivers", "arch", "include", "lib"):
        for path in sources(top):
            for kind, name in includes(path):
                target = resolve(path, kind, name) or name
                if target.startswith("vmm/") or "vmm/" in name:
                    breach(path, f"includes {name} of the VMM")
                if top in ("kernel", "drivers"):
                    if target.startswith("arch/"):
                        breach(path, f"includes {name} of an architecture")
                    if name.startswith("asm/") and (path, name) not in ASM_ALLOWED:
                        breach(path, f"includes <{name}> itself, not through a contract")


def nm(flag, path):
    out = subprocess.run(["nm", flag, path], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in out.splitlines() if line.split()}


def objects(build, top):
    for folder, _, files in os.walk(os.path.join(build, top)):
        for name in sorted(files):
            if name.endswith(".o"):
                source = os.path.relpath(os.path.join(folder, name), build)[:-2]
                if any(os.path.exists(os.path.join(ROOT, source + e)) for e in (".c", ".S")):
                    yield source, os.path.join(folder, name)


def contract(names):
    text = ""
    for name in names:
        text += open(os.path.join(ROOT, "include/socle", name), encoding="utf-8").read()
    return set(re.findall(r"\b[a-z_][a-z0-9_]*\b", re.sub(r"/\*.*?\*/", "", text, flags=re.S)))


def check_symbols(build):
    everything = contract(os.listdir(os.path.join(ROOT, "include/socle")))
    arch_listed = contract(["arch.h", "kvm.h"])
    of_arch, of_vmm = set(), set()
    for _, path in objects(build, "arch"):
        of_arch |= nm("--defined-only", path)
    for _, path in objects(os.path.join(build, "app"), "vmm"):
        of_vmm |= nm("--defined-only", path)
    seen = 0
    for top in ("kernel", "drivers"):
        for source, path in objects(build, top):
            seen += 1
            for symbol in sorted(nm("--undefined-only", path)):
                if symbol.startswith("arch_") and symbol not in arch_listed:
                    breach(source, f"asks the architecture for {symbol}, which neither arch.h nor kvm.h lists")
                elif symbol in of_arch and symbol not in everything and not re.match(r"mem|str", symbol):
                    breach(source, f"imports {symbol} of arch/, which no contract declares")
    if not seen:
        breach(build, "no kernel objects: build first")
    kernel = nm("--defined-only", os.path.join(build, "kernel.elf"))
    for symbol in sorted(kernel & of_vmm - nm_kernel_objects(build)):
        breach("kernel.elf", f"contains {symbol} of vmm/")
    for symbol in sorted(s for s in kernel if LIBC_BANNED.match(s)):
        breach("kernel.elf", f"contains libc's {symbol}")


def nm_kernel_objects(build):
    names = set()
    for top in ("kernel", "drivers", "arch", "lib"):
        for _, path in objects(build, top):
            names |= nm("--defined-only", path)
    return names


def main():
    build = os.path.abspath(sys.argv[1])
    check_vmm()
    check_kernel_includes()
    check_symbols(build)
    for line in breaches:
        print(line)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())

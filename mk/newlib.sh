#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds newlib (Debian's newlib-source) for the kernel: integers only, no FPU.
# Prints the installed folder. Cached by this script, the compiler and the package.
set -eu
cache=${SOCLE_CACHE:-$HOME/.cache/socle}
cc=${CC:-gcc}
version=$(apt-cache show newlib-source | sed -n 's/^Version: //p' | head -1)
key=$(cat "$0" | { cat; "$cc" -v 2>&1; echo "$version"; } | sha256sum | cut -c1-16)
out=$cache/newlib-$key
mkdir -p "$cache"
exec 9>"$cache/newlib.lock"	# another tree may build the same
flock 9
if [ ! -e "$out/done" ]; then
	echo "newlib: building $version (about a minute)" >&2
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$cache" "$out"
	(cd "$work" && apt-get download -q newlib-source >&2 && dpkg-deb -x newlib-source_*.deb pkg)
	tar -C "$work" -xf "$(find "$work/pkg" -name 'newlib*.tar.*' | head -1)"
	src=$(dirname "$(find "$work" -path '*/newlib/configure' | head -1)")/..
	inc=$("$cc" -print-file-name=include)
	mkdir "$work/b"
	cd "$work/b"
	flags="-O2 -g -ffreestanding -fno-builtin -fno-stack-protector -fno-unwind-tables -fno-asynchronous-unwind-tables
		-ffunction-sections -fdata-sections -U__linux__ -U__linux -Ulinux -U__gnu_linux__ -U__unix__ -U__unix -Uunix
		-nostdinc -isystem $inc -D__DYNAMIC_REENT__ -DGETREENT_PROVIDED -DREENTRANT_SYSCALLS_PROVIDED
		-UMISSING_SYSCALL_NAMES -m64 -mno-red-zone -fcf-protection=none -mcmodel=kernel -fno-pic -fno-pie"
	flags=$(echo $flags)
	{ CC_FOR_TARGET="$cc" AR_FOR_TARGET=ar RANLIB_FOR_TARGET=ranlib AS_FOR_TARGET=as LD_FOR_TARGET=ld \
	CFLAGS_FOR_TARGET="$flags" MAKEINFO=true "$src/configure" --target=x86_64-elf --prefix="$out" \
		--disable-multilib --disable-libgloss --disable-nls --disable-newlib-supplied-syscalls \
		--enable-newlib-retargetable-locking --enable-newlib-multithread --enable-newlib-io-long-long \
		--enable-newlib-io-c99-formats --disable-newlib-io-float --disable-newlib-wide-orient \
		--enable-lite-exit --disable-newlib-iconv --disable-newlib-mb --disable-newlib-atexit-dynamic-alloc \
		--enable-newlib-global-stdio-streams --disable-newlib-fseek-optimization
	make -j"$(nproc)" all-target-newlib MAKEINFO=true
	make install-target-newlib MAKEINFO=true; } >"$cache/newlib.log" 2>&1 || {
		tail -20 "$cache/newlib.log" >&2; echo "newlib: failed, log: $cache/newlib.log" >&2; exit 1; }
	touch "$out/done"
fi
echo "$out/x86_64-elf"

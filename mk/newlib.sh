#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# newlib.sh [kernel|app]: builds newlib (Debian's newlib-source), prints the installed folder.
#   kernel: integers only, in the code model of the kernel
#   app:    with floating point and wide characters, and with Linux's numbers (lib/newlib/abi)
# Cached by this script, the compiler, the package and the headers in abi.
set -eu
kind=${1:-kernel}
cache=${SOCLE_CACHE:-$HOME/.cache/socle}
cc=${CC:-gcc}
abi=$(cd "$(dirname "$0")/../lib/newlib/abi" && pwd)
case $kind in
kernel)
	headers=/dev/null
	target_flags="-mcmodel=kernel"
	options="--disable-newlib-io-float --disable-newlib-wide-orient --disable-newlib-mb" ;;
app)
	headers=$(find "$abi" -name '*.h' | sort)
	target_flags="-I$abi -DEFTYPE=EINVAL"	# a number that Linux lacks
	options="--enable-newlib-io-long-double --enable-newlib-mb" ;;
*)
	echo "newlib: kernel or app, not $kind" >&2; exit 2 ;;
esac
version=$(apt-cache show newlib-source | sed -n 's/^Version: //p' | head -1)
# shellcheck disable=SC2086
key=$({ cat "$0" $headers; "$cc" -v 2>&1; echo "$kind $version"; } | sha256sum | cut -c1-16)
out=$cache/newlib-$key
mkdir -p "$cache"
exec 9>"$cache/newlib-$kind.lock"	# another tree may build the same
flock 9
if [ ! -e "$out/done" ]; then
	echo "newlib: building $version for $kind (about a minute)" >&2
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$out"
	(cd "$work" && apt-get download -q newlib-source >&2 && dpkg-deb -x newlib-source_*.deb pkg)
	tar -C "$work" -xf "$(find "$work/pkg" -name 'newlib*.tar.*' | head -1)"
	src=$(dirname "$(find "$work" -path '*/newlib/configure' | head -1)")/..
	inc=$("$cc" -print-file-name=include)
	mkdir "$work/b"
	cd "$work/b"
	flags="-O2 -g -ffreestanding -fno-builtin -fno-stack-protector -fno-unwind-tables -fno-asynchronous-unwind-tables
		-ffunction-sections -fdata-sections -U__linux__ -U__linux -Ulinux -U__gnu_linux__ -U__unix__ -U__unix -Uunix
		-nostdinc -isystem $inc -D__DYNAMIC_REENT__ -DGETREENT_PROVIDED -DREENTRANT_SYSCALLS_PROVIDED
		-UMISSING_SYSCALL_NAMES -m64 -mno-red-zone -fcf-protection=none -fno-pic -fno-pie $target_flags"
	flags=$(echo $flags)
	# shellcheck disable=SC2086
	{ CC_FOR_TARGET="$cc" AR_FOR_TARGET=ar RANLIB_FOR_TARGET=ranlib AS_FOR_TARGET=as LD_FOR_TARGET=ld \
	CFLAGS_FOR_TARGET="$flags" MAKEINFO=true "$src/configure" --target=x86_64-elf --prefix="$out" \
		--disable-multilib --disable-libgloss --disable-nls --disable-newlib-supplied-syscalls \
		--enable-newlib-retargetable-locking --enable-newlib-multithread --enable-newlib-io-long-long \
		--enable-newlib-io-c99-formats --enable-lite-exit --disable-newlib-iconv \
		--disable-newlib-atexit-dynamic-alloc --enable-newlib-global-stdio-streams \
		--disable-newlib-fseek-optimization $options
	make -j"$(nproc)" all-target-newlib MAKEINFO=true
	make install-target-newlib MAKEINFO=true; } >"$cache/newlib-$kind.log" 2>&1 || {
		tail -20 "$cache/newlib-$kind.log" >&2; echo "newlib: failed, log: $cache/newlib-$kind.log" >&2; exit 1; }
	touch "$out/done"
fi
echo "$out/x86_64-elf"

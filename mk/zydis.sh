#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds Debian's Zydis source (Zycore: headers of libzycore-dev) for the kernel: no FPU, no libc, no formatter, no encoder.
# Prints the folder: include/ and libZydis.a. Cached by this script and the compiler.
set -eu
cache=${SOCLE_CACHE:-$HOME/.cache/socle}
cc=${CC:-gcc}
key=$(cat "$0" | { cat; "$cc" -v 2>&1; } | sha256sum | cut -c1-16)
out=$cache/zydis-$key
mkdir -p "$cache"
exec 9>"$cache/zydis.lock"	# another tree may build the same
flock 9
if [ ! -e "$out/done" ]; then
	echo "zydis: building" >&2
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$cache" "$out/include"
	# Source packages of the suite that the binary packages come from, in a private list.
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
		sort -u | while read -r uri release component; do
		echo "deb-src $uri $release $component"
	done >"$work/sources.list"
	mkdir -p "$work/lists/partial"
	o="-o Dir::Etc::SourceList=$work/sources.list -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=$work/lists"
	( cd "$work"
	apt-get $o -q update && apt-get $o -q --download-only source zydis ) >"$cache/zydis.log" 2>&1 || {
		tail -5 "$cache/zydis.log" >&2; echo "zydis: cannot fetch the sources, log: $cache/zydis.log" >&2; exit 1; }
	mkdir "$work/zydis"
	tar -C "$work/zydis" --strip-components=1 -xf "$(ls "$work"/zydis_*.orig.tar.* | grep -v asc | head -1)"
	cp -r "$work/zydis/include/Zydis" /usr/include/Zycore "$out/include/"
	flags="-O2 -g -ffreestanding -fno-pic -fno-pie -mcmodel=kernel -mgeneral-regs-only -mno-red-zone -fno-stack-protector
		-fcf-protection=none -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
		-DZYAN_NO_LIBC -DZYDIS_DISABLE_FORMATTER -DZYDIS_DISABLE_ENCODER -DZYDIS_DISABLE_AVX512 -DZYDIS_DISABLE_KNC
		-DZYDIS_STATIC_BUILD -DZYCORE_STATIC_BUILD -I$work/zydis/include -I$work/zydis/src -I$out/include"
	for f in Decoder DecoderData Mnemonic Register SharedData String Utils MetaInfo Segment; do
		[ -e "$work/zydis/src/$f.c" ] || continue
		# shellcheck disable=SC2086
		"$cc" $flags -c "$work/zydis/src/$f.c" -o "$work/$f.o"
	done
	rm -f "$out/libZydis.a"
	ar rcs "$out/libZydis.a" "$work"/*.o
	touch "$out/done"
fi
echo "$out"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lwip.sh [source]: Debian's lwIP source, built with our port's headers (lib/lwip) and the kernel's code model.
# Prints the folder: include/ and liblwip.a. Sources are cached by this script, the build also by compiler and headers.
set -eu
cache=${SOCLE_CACHE:-$HOME/.cache/socle}
cc=${CC:-gcc}
port=$(cd "$(dirname "$0")/../lib/lwip" && pwd)
script=$(sha256sum <"$0" | cut -c1-16)
source=$cache/lwip-source-$script
key=$({ cat "$0" "$port/lwipopts.h" "$port"/arch/*.h; "$cc" -v 2>&1; } | sha256sum | cut -c1-16)
out=$cache/lwip-$key
mkdir -p "$cache"
exec 9>"$cache/lwip.lock"	# another tree may build the same
flock 9
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() {
	mkdir -p "$work/lists/partial"
	# Source packages of the suite that the binary packages come from, in a private list.
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
		sort -u | while read -r uri release component; do
		echo "deb-src $uri $release $component"
	done >"$work/sources.list"
	o="-o Dir::Etc::SourceList=$work/sources.list -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=$work/lists"
	( cd "$work"
	# shellcheck disable=SC2086
	apt-get $o -q update && apt-get $o -q --download-only source lwip ) >"$cache/lwip.log" 2>&1 || {
		tail -5 "$cache/lwip.log" >&2; echo "lwip: cannot fetch the sources, log: $cache/lwip.log" >&2; exit 1; }
	rm -rf "$source"
	mkdir "$source"
	tar -C "$source" --strip-components=1 -xf "$(ls "$work"/lwip_*.orig.tar.* | grep -v asc | head -1)"
	tar -xOf "$work"/lwip_*.debian.tar.* debian/patches/series 2>/dev/null | sed 's/[[:space:]]*#.*//; /^$/d' >"$work/series" || :
	while read -r patch; do
		tar -xOf "$work"/lwip_*.debian.tar.* "debian/patches/$patch" | patch -s -p1 -d "$source"
	done <"$work/series"
	touch "$source/done"
}

build() {
	mkdir -p "$out/include" "$work/o"
	cp -r "$source/src/include/." "$out/include/"
	printf 'include %s/src/Filelists.mk\nlist:\n\t@echo $(COREFILES) $(CORE4FILES) $(APIFILES)\n' "$source" >"$work/list.mk"
	flags="-O2 -g -ffreestanding -fno-pic -fno-pie -mcmodel=kernel -mgeneral-regs-only -mno-red-zone -fno-stack-protector
		-fcf-protection=none -fno-asynchronous-unwind-tables -fno-omit-frame-pointer -I$port -I$out/include"
	for f in $(unset MAKEFLAGS MFLAGS; make -s -f "$work/list.mk" LWIPDIR="$source/src" list); do
		# shellcheck disable=SC2086
		"$cc" $flags -c "$f" -o "$work/o/$(basename "$f" .c).o"
	done
	rm -f "$out/liblwip.a"
	ar rcs "$out/liblwip.a" "$work"/o/*.o
	touch "$out/done"
}

[ -e "$source/done" ] || { echo "lwip: fetching" >&2; fetch; }
[ "${1:-}" != source ] || { echo "$source"; exit 0; }
[ -e "$out/done" ] || { echo "lwip: building" >&2; build; }
echo "$out"

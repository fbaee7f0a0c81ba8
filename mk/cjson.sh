#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fetches Debian's cJSON source; prints the folder that holds cJSON.c and cJSON.h. Cached by this script.
set -eu
cache=${SOCLE_CACHE:-$HOME/.cache/socle}
key=$(sha256sum <"$0" | cut -c1-16)
out=$cache/cjson-$key
if [ ! -e "$out/done" ]; then
	echo "cjson: fetching" >&2
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$cache" "$out" "$work/lists/partial"
	# Source packages of the suite that the binary packages come from, in a private list.
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
		sort -u | while read -r uri release component; do
		echo "deb-src $uri $release $component"
	done >"$work/sources.list"
	o="-o Dir::Etc::SourceList=$work/sources.list -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=$work/lists"
	( cd "$work"
	# shellcheck disable=SC2086
	apt-get $o -q update && apt-get $o -q --download-only source cjson ) >"$cache/cjson.log" 2>&1 || {
		tail -5 "$cache/cjson.log" >&2; echo "cjson: cannot fetch the sources, log: $cache/cjson.log" >&2; exit 1; }
	mkdir "$work/cjson"
	tar -C "$work/cjson" --strip-components=1 -xf "$(ls "$work"/cjson_*.orig.tar.* | grep -v asc | head -1)"
	for patch in $(tar -xOf "$work"/cjson_*.debian.tar.* debian/patches/series 2>/dev/null); do
		tar -xOf "$work"/cjson_*.debian.tar.* "debian/patches/$patch" | patch -s -p1 -d "$work/cjson"
	done
	cp "$work/cjson/cJSON.c" "$work/cjson/cJSON.h" "$out/"
	touch "$out/done"
fi
echo "$out"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that the build and the tests use; says which.
set -eu
want="gcc binutils libc6-dev gnu-efi libcmocka-dev libzydis-dev ovmf qemu-system-x86 libcjson-dev python3 linux-libc-dev make"
need=""
for p in $want; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || need="$need $p"
done
[ -z "$need" ] && exit 0
echo "deps: installing$need"
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $need

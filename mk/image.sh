#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# image.sh OUT: a disk image for a USB stick or a test server: GPT with one EFI system partition (FAT32) from 1 MiB on,
# the boot volume inside. The VMM is part of the image; it starts the *.json in \socle.
# Environment: FILES what goes into /socle (default: config/linux.json with the guest that it names),
# APP_ELF, APP_ARGS another program instead of the VMM, CMDLINE the kernel's options.
set -eu
cd "$(dirname "$0")/.."
. tests/lib.sh
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${FILES:-}" ] && [ -z "${APP_ELF:-}" ]; then
	guest=$(sh mk/guest.sh)
	FILES="config/linux.json $guest/vmlinuz $guest/initrd"
fi
APP_FILES=${FILES:-}
esp_make "$work/esp" "${CMDLINE:-}"
# FAT32 wants 65525 clusters at least; the rest of the stick is the user's.
mib=$(($(du -sm "$work/esp" | cut -f1) * 5 / 4 + 16))
[ $mib -ge 64 ] || mib=64
rm -f "$out"
truncate -s $((mib + 2))M "$out"
sgdisk --clear --new 1:2048:+${mib}M --typecode 1:ef00 --change-name 1:Socle "$out" >/dev/null
mkfs.vfat -F 32 -s 1 -n SOCLE --offset 2048 "$out" $((mib * 1024)) >/dev/null
export MTOOLS_SKIP_CHECK=1
mcopy -s -i "$out@@1M" "$work/esp/EFI" "$work/esp/socle" ::/
echo "$out: $((mib + 2)) MiB; write it to the whole stick, e.g. dd if=$out of=/dev/sdX bs=4M"

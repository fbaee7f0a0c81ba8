#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Guest images from Debian's packages; prints the folder, cached by this script and the packages' versions:
#   vmlinuz       the cloud kernel
#   initrd        busybox, /init of mk/guest-init, virtio modules
#   kvm.cpio      archive to append: KVM's modules and /modules/kvm-load, which loads them
#   memtest.bin   memtest86+
#   busybox       static, to make more archives with
set -eu
cache=${SOCLE_CACHE:-$HOME/.cache/socle}
here=$(dirname "$0")

version_of() { apt-cache show "$1" 2>/dev/null | sed -n 's/^Version: //p' | head -1; }
kernel_name() { apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1; }

[ -n "$(kernel_name)" ] || apt-get -q update >&2
kernel=$(kernel_name)
[ -n "$kernel" ] || { echo "guest: no package linux-image-cloud-amd64" >&2; exit 1; }
key=$({ cat "$0" "$here/guest-init"
	for p in "$kernel" busybox-static memtest86+; do version_of "$p"; done; } | sha256sum | cut -c1-16)
out=$cache/guest-$key
if [ -e "$out/done" ]; then
	echo "$out"
	exit 0
fi

echo "guest: fetching $kernel, busybox-static, memtest86+" >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$cache" "$out"
fetch() { (cd "$work" && apt-get -q download "$kernel" busybox-static memtest86+) >"$cache/guest.log" 2>&1; }
fetch || { apt-get -q update >&2; fetch; } || {
	tail -5 "$cache/guest.log" >&2; echo "guest: cannot fetch the packages, log: $cache/guest.log" >&2; exit 1; }
for deb in "$work"/*.deb; do dpkg-deb -x "$deb" "$work/pkg"; done
busybox=$(find "$work/pkg" -path '*/bin/busybox' | head -1)

# modules DIR NAME...: copies them with what they depend on, prints the names in load order.
modules() (
	dir=$1
	shift
	for m; do
		[ ! -e "$dir/$m.ko" ] || continue
		file=$(find "$work/pkg" -name "$(echo "$m" | tr _- '??').ko" | head -1)
		[ -n "$file" ] || continue	# built in
		# shellcheck disable=SC2046
		modules "$dir" $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' | tr ',' ' ')
		cp "$file" "$dir/$m.ko"
		echo "$m"
	done
)
archive() { (cd "$1" && find . | sort | "$busybox" cpio -o -H newc -R 0:0 2>/dev/null); }

root=$work/root
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/etc" "$root/root" "$root/tmp" "$root/modules"
cp "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do
	[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
cp "$here/guest-init" "$root/init"
chmod 755 "$root/init"
modules "$root/modules" virtio_pci virtio_blk virtio_console virtio-rng >"$root/etc/modules"
archive "$root" >"$out/initrd"

kvm=$work/kvm
mkdir -p "$kvm/modules"
{ echo '#!/bin/sh'; modules "$kvm/modules" kvm-amd | sed 's/.*/insmod \/modules\/&.ko || exit 1/'; } >"$work/kvm-load"
mv "$work/kvm-load" "$kvm/modules/kvm-load"
chmod 755 "$kvm/modules/kvm-load"
archive "$kvm" >"$out/kvm.cpio"

cp "$work"/pkg/boot/vmlinuz-* "$out/vmlinuz"
cp "$work/pkg/boot/memtest86+x64.bin" "$out/memtest.bin"
cp "$busybox" "$out/busybox"
touch "$out/done"
echo "$out"

# SPDX-License-Identifier: Apache-2.0
# The image of `make image`: a partition table that is sound, and a disk that OVMF boots.
step "disk image"
img=build/logs/socle.img
CMDLINE='debug-exit selftest' FILES=config/linux.json logged "image is made" 300 sh mk/image.sh "$img"
logged "image has a sound partition table" 60 sh -c "sgdisk --verify $img | grep -q 'No problems found' && sgdisk --info 1 $img | grep -q 'EFI system partition'"
rc=0
timeout 600 qemu-system-x86_64 -machine q35 -cpu max -display none -serial stdio -no-reboot -net none -m 512 \
	-drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE.fd \
	-drive if=pflash,format=raw,snapshot=on,file=/usr/share/OVMF/OVMF_VARS.fd \
	-drive "file=$img,format=raw,snapshot=on" -device isa-debug-exit,iobase=0xf4,iosize=4 \
	</dev/null >build/logs/image-boot.log 2>&1 || rc=$?
[ $rc = 1 ] && grep -q 'file: /socle/linux.json' build/logs/image-boot.log && grep -q 'selftest: .* 0 failed' build/logs/image-boot.log
rc=$?
[ $rc = 0 ] || tail -20 build/logs/image-boot.log
verdict "image boots" $rc
rm -f "$img"

# SPDX-License-Identifier: Apache-2.0
# The kernel ends itself in known ways, and says what happened: option crash=HOW.
crash_says() {	# HOW, text that must appear
	log="build/logs/crash-$1.log"
	boot_machine "$log" "debug-exit crash=$1" 300 -smp 2 -m 512
	[ $? = 63 ] && grep -q "$2" "$log"
	rc=$?
	[ $rc = 0 ] || tail -20 "$log"
	verdict "crash=$1: $2" $rc
}
step "boot, crash on purpose"
crash_says panic 'panic: CPU [01], thread init: asked for'
crash_says stack 'kernel stack of thread init is full'
crash_says write 'panic: .* exception 14 error 3'

# Machine checks from the emulator's monitor: a corrected one is told, an uncorrected one ends the kernel.
log=build/logs/crash-mce.log
esp=$(mktemp -d)
esp_make "$esp" "debug-exit crash=wait"
LIMIT=300 machine "$esp" -smp 1 -m 512 -monitor "unix:$esp/monitor,server=on,wait=off" </dev/null >"$log" 2>&1 &
waited=0
until grep -q 'crash: waiting' "$log" || [ $waited = 200 ]; do sleep 1; waited=$((waited + 1)); done
python3 - "$esp/monitor" "$log" <<'PY'
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"mce 0 1 0x9000000000000150 0x5 0 0\n")
for i in range(600):
    if b"corrected" in open(sys.argv[2], "rb").read():
        break
    time.sleep(0.1)
s.sendall(b"mce 0 2 0xb600000000000150 0x5 0x100000 0\n")
for i in range(600):
    if not s.recv(4096):
        break
PY
wait $!
grep -q 'machine check: 1 corrected, last status 9' "$log"
verdict "a corrected machine check is told" $?
grep -q 'panic: .*machine check: bank 2 status b6.*, address 100000 (' "$log"
verdict "an uncorrected machine check ends the kernel" $?
rm -rf "$esp"

# SPDX-License-Identifier: Apache-2.0
# Kconfig: the defconfigs come out as asked, a wrong one is refused, and no option is without effect.
conf=$(mktemp -d)
for arch in x86 riscv; do
	logged "config ${arch}_defconfig" 60 sh mk/config.sh defconfig "$conf/$arch" "config/${arch}_defconfig"
done
for bad in CONFIG_NO_SUCH_OPTION=y CONFIG_NR_CPUS=100000 '# CONFIG_NR_CPUS is not set'; do
	{ cat config/x86_defconfig; echo "$bad"; } | awk -F= '{ last[$1] = $0 } END { for (i in last) print last[i] }' >"$conf/bad"
	! sh mk/config.sh defconfig "$conf/bad.d" "$conf/bad" >/dev/null 2>&1 && [ ! -e "$conf/bad.d/.config" ]
	verdict "config refuses '$bad'" $?
done
for symbol in $(sed -n 's/^config //p' config/Kconfig); do
	grep -rqw "CONFIG_$symbol" kernel arch drivers lib include boot mk Makefile
	verdict "config $symbol has an effect" $?
done
for p in $(sed -n 's/.*apt-get.* \(download\|source\) \(-q \)*\([a-z][a-z0-9.+-]*\).*/\3/p' mk/*.sh); do
	grep -Eq "^(fetch|source)[[:space:]]+$p([[:space:]]|\$)" config/packages.list
	verdict "config packages.list names $p" $?
done
rm -rf "$conf"

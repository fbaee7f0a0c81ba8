#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# config.sh COMMAND FOLDER [DEFCONFIG]: Kconfig for the build in FOLDER.
#   defconfig FOLDER FILE   FOLDER/.config from FILE; fails if a symbol asked for did not come out as asked
#   menuconfig FOLDER       edits it
#   savedefconfig FOLDER FILE
#   header FOLDER           include/generated/autoconf.h and include/config/auto.conf
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
command=$1 folder=$2 file=${3:-}
unset CONFIG_ || :	# kconfig-conf takes it as the prefix of all symbols
case $file in '' | /*) ;; *) file=$PWD/$file;; esac
mkdir -p "$folder/include/config" "$folder/include/generated"
cd "$folder"	# kconfig writes include/config beside itself
export srctree="$top" KCONFIG_CONFIG=.config KCONFIG_AUTOCONFIG=include/config/auto.conf
export KCONFIG_AUTOHEADER=include/generated/autoconf.h KCONFIG_TRISTATE=include/config/tristate.conf
command -v kconfig-conf >/dev/null || { echo "config: kconfig-conf is missing; run make deps" >&2; exit 1; }

# kconfig drops unknown symbols and values out of range without a word.
check_requested() {
	bad=0
	while read -r line; do
		case $line in
		CONFIG_*=n)
			! grep -q "^${line%%=*}=" .config || bad=1;;
		CONFIG_*)
			grep -qxF "$line" .config || bad=1;;
		'# CONFIG_'*' is not set')
			grep -qxF "$line" .config || bad=1;;
		*)
			continue;;
		esac
		[ $bad = 0 ] || { echo "config: $file: '$line' did not come out as asked (unknown, out of range or not allowed)" >&2; return 1; }
	done <"$file"
}

case $command in
defconfig)
	kconfig-conf --defconfig="$file" config/Kconfig >/dev/null
	check_requested || { rm -f .config; exit 1; };;
menuconfig)
	kconfig-mconf config/Kconfig;;
savedefconfig)
	kconfig-conf --savedefconfig="$file" config/Kconfig >/dev/null;;
header)
	kconfig-conf --olddefconfig config/Kconfig >/dev/null
	kconfig-conf --silentoldconfig config/Kconfig
	# olddefconfig may leave the file alone; make compares times.
	touch .config include/config/auto.conf include/generated/autoconf.h;;
*)
	echo "config: what is '$command'?" >&2
	exit 2;;
esac

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check.sh PART...: runs the tests of each part, which are the scripts tests/run/PART/*.sh.
# The one counter: last line "N passed, N failed", with ", N skipped" if any. Logs in build/logs.
set -u
cd "$(dirname "$0")/.."
export CHECK=1		# programs that can do with less do all
. tests/lib.sh
mkdir -p build/logs
for part; do
	step "part $part"
	for script in tests/run/"$part"/*.sh; do
		[ -e "$script" ] || { echo "check: no part '$part' in tests/run" >&2; exit 2; }
		. "$script"
	done
done
summary

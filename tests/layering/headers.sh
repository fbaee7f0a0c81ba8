#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each header compiles alone, with the include path of its side of the line.
# Environment: KERNEL_CC, APP_CC, HOST_CC: compiler with flags for kernel, app and host code.
set -u
cd "$(dirname "$0")/../.."
bad=0
for h in $(find include arch kernel drivers lib vmm tests/unit -name '*.h' | sort); do
	case $h in
	lib/newlib/* | lib/lwip/*) cc=$APP_CC;;
	vmm/* | tests/unit/* | arch/fake/*) cc=$HOST_CC;;
	arch/x86/* | include/* | kernel/* | drivers/*) cc=$KERNEL_CC;;
	*) continue;;
	esac
	# A source that includes it twice: the guard is tested too.
	if ! printf '#include "%s"\n#include "%s"\n' "$h" "$h" |
		$cc -I. -Wno-unused-function -fsyntax-only -x c -; then
		echo "FAIL $h"
		bad=1
	fi
done
exit $bad

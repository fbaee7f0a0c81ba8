#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the packages that the build and the tests use (config/packages.list, rows `install`); says which.
set -eu
need=""
for p in $(sed -n 's/^install[[:space:]]*//p' "$(dirname "$0")/../config/packages.list"); do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || need="$need $p"
done
[ -z "$need" ] && exit 0
echo "deps: installing$need"
apt-get update -q
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $need

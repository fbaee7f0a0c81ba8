# SPDX-License-Identifier: Apache-2.0
for f in tests/unit/*.py; do
	logged "unit $(basename "$f" .py) (script)" 600 python3 "$f"
done

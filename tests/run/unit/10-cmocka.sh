# SPDX-License-Identifier: Apache-2.0
# Programs of tests/unit, one verdict each.
for t in $(cat build/unit/built); do
	logged "unit $t" 900 "build/unit/$t"
done

# SPDX-License-Identifier: Apache-2.0
# The programs of tests/posix on this machine: the oracle for what they print on Socle.
for name in library descriptors memory threads sync signals floats; do
	logged "posix $name on Linux" 120 "build/linux/posix/$name"
done

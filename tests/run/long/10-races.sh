# SPDX-License-Identifier: Apache-2.0
# The simulated machine for long: other seeds each time.
SEED=$(date +%s) ROUNDS=1000000
export SEED ROUNDS
step "races, seed $SEED; hours"
logged "races, a million rounds each, seed $SEED" 86400 build/unit/test_sim
unset SEED ROUNDS

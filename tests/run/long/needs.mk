# SPDX-License-Identifier: Apache-2.0
check-long-needs += build/unit/test_sim

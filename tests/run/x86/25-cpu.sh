# SPDX-License-Identifier: Apache-2.0
# CPUID, MSRs, clocks, control and debug registers, register ioctls.
app_tests cpu -smp 1 -m 512
app_tests clock2 -smp 2 -m 512

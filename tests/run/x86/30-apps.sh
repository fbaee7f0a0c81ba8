# SPDX-License-Identifier: Apache-2.0
# What apps may ask of the kernel.
app_tests hello -smp 1 -m 512
app_tests facts -smp 1 -m 512
app_tests calls -smp 1 -m 512
app_tests calls -smp 4 -m 512
app_tests waits -smp 2 -m 512
app_tests ramfiles -smp 2 -m 512
app_tests vmloop -smp 2 -m 512
app_tests fails -smp 2 -m 512
app_tests stress -smp 2 -m 512

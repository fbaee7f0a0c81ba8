# SPDX-License-Identifier: Apache-2.0
# Own small guests through /dev/kvm; each line of the program is a test.
app_tests guests -smp 1 -m 512
app_tests guests -smp 4 -m 1024
app_tests irqchip -smp 1 -m 512
app_tests irqchip -smp 4 -m 512
app_tests emul -smp 1 -m 512

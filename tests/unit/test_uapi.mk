# SPDX-License-Identifier: Apache-2.0
unit-tests += test_uapi

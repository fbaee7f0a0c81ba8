/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON library as it is, with floating point: for tests that read recordings. The VMM's is json_lib.c. */
#include <cJSON.c>

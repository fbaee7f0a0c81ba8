/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASM_THREAD_H
#define ASM_THREAD_H

struct arch_thread { int unused; };

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* newlib's <setjmp.h>, and the forms that keep the signal mask. */
#include_next <setjmp.h>
#ifndef SOCLE_SETJMP_H
#define SOCLE_SETJMP_H

#include <signal.h>

typedef struct { jmp_buf regs; int saved; sigset_t mask; } sigjmp_buf[1];

int __sigsetjmp_mask(sigjmp_buf env, int save);
void siglongjmp(sigjmp_buf env, int val) __attribute__((noreturn));
#define sigsetjmp(env, save) (__sigsetjmp_mask((env), (save)), setjmp((env)[0].regs))
#define _setjmp(env) setjmp(env)
#define _longjmp(env, val) longjmp(env, val)

#endif

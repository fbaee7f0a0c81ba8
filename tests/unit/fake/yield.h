/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yield.h - included by force before code that runs on the simulated machine
 *
 * Every atomic access and every READ_ONCE/WRITE_ONCE first gives the other CPUs
 * a chance to run. A macro is not expanded inside itself, so each name here
 * ends in the compiler's own builtin.
 */
#ifndef TEST_FAKE_YIELD_H
#define TEST_FAKE_YIELD_H

#include <socle/types.h>

void sim_yield(void);

#undef READ_ONCE
#undef WRITE_ONCE
#define READ_ONCE(x)	(sim_yield(), *(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (sim_yield(), *(volatile __typeof__(x) *)&(x) = (v))

#define __atomic_load_n(...)			(sim_yield(), __atomic_load_n(__VA_ARGS__))
#define __atomic_store_n(...)			(sim_yield(), __atomic_store_n(__VA_ARGS__))
#define __atomic_exchange_n(...)		(sim_yield(), __atomic_exchange_n(__VA_ARGS__))
#define __atomic_compare_exchange_n(...)	(sim_yield(), __atomic_compare_exchange_n(__VA_ARGS__))
#define __atomic_fetch_add(...)			(sim_yield(), __atomic_fetch_add(__VA_ARGS__))
#define __atomic_fetch_sub(...)			(sim_yield(), __atomic_fetch_sub(__VA_ARGS__))
#define __atomic_fetch_or(...)			(sim_yield(), __atomic_fetch_or(__VA_ARGS__))
#define __atomic_fetch_and(...)			(sim_yield(), __atomic_fetch_and(__VA_ARGS__))
#define __atomic_sub_fetch(...)			(sim_yield(), __atomic_sub_fetch(__VA_ARGS__))
#define __atomic_add_fetch(...)			(sim_yield(), __atomic_add_fetch(__VA_ARGS__))
#define __atomic_test_and_set(...)		(sim_yield(), __atomic_test_and_set(__VA_ARGS__))

#endif

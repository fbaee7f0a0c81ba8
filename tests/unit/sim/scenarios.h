/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenarios.h - rounds for the simulated machine; each is one interleaving
 */
#ifndef TEST_SIM_SCENARIOS_H
#define TEST_SIM_SCENARIOS_H

void wait_round(void);
void mutex_round(void);
void timer_round(void);
void cross_call_round(void);
void epoch_round(void);
void futex_round(void);
void slot_delete_round(void);
void slot_munmap_round(void);
void dirty_round(void);
void kick_round(void);
void halt_round(void);
void frames_round(void);
void create_race_round(void);
void create_chip_round(void);
void no_memory_round(void);
void irqfd_round(void);
void irqfd_destroy_round(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port.h - between the files of the port
 */
#ifndef LWIP_PORT_H
#define LWIP_PORT_H

void lwip_port_thread_failed(void);	/* net_start() must not wait for it */

#endif

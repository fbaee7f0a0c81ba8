/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ERROR_H
#define ERROR_H

void error(int status, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif

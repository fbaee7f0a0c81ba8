/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FCNTL_H
#define FCNTL_H

#include <sys/_default_fcntl.h>

#endif
